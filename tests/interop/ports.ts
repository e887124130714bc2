import { once } from 'node:events'
import { connect } from 'node:net'
import type { PeerProcess } from './peer-process.js'

const pollMs = 20
/** Python needs about a second to start; two suites share two cores. */
const readyTimeoutMs = 20_000

/** Waits until something listens there; fails at once when the process that should has ended. */
export function untilListening(port: number, process: PeerProcess): Promise<void> {
  return untilTrue(() => accepts(port), process, `${process.title} to listen on ${port}`)
}

/**
 * Waits for a line of its output. A provider must have read its AuthResponse before anybody uses it: a py server counts
 * it in earlier, and a py provider that then finds Partners where AuthResponse belongs hangs up for five seconds.
 */
export function untilPrinted(pattern: RegExp, process: PeerProcess): Promise<void> {
  return untilTrue(async () => pattern.test(process.report), process, `${process.title} to print ${pattern}`)
}

/** Asks again and again until the answer is yes, at most 20 s, and only while the process lives. */
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
