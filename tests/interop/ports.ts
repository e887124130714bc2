import { once } from 'node:events'
import { connect } from 'node:net'
import type { PeerProcess } from './peer-process.js'

const pollMs = 20
/**
 * Time for a program to listen, in milliseconds: Python needs about a second to start, and two suites share two cores.
 */
const readyTimeoutMs = 20_000

/** Waits until a program listens there; fails immediately when the program has ended. */
export function untilListening(port: number, process: PeerProcess): Promise<void> {
  return untilTrue(() => accepts(port), process, `${process.title} to listen on ${port}`)
}

/**
 * Waits for a line of its output. A provider must have read its AuthResponse before a client uses it. A py server
 * counts the provider earlier, and a py provider that gets Partners in place of AuthResponse disconnects for five
 * seconds.
 */
export function untilPrinted(pattern: RegExp, process: PeerProcess): Promise<void> {
  return untilTrue(async () => pattern.test(process.report), process, `${process.title} to print ${pattern}`)
}

/** Repeats a request until the answer is true, at most 20 s, and only while the process runs. */
export async function untilTrue(ask: () => Promise<boolean>, process: PeerProcess, what: string): Promise<void> {
  const endMs = performance.now() + readyTimeoutMs
  while (!(await ask())) {
    if (!process.running) throw new Error(`${process.title} ended while waiting for ${what}`)
    if (performance.now() > endMs) throw new Error(`waited ${readyTimeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
