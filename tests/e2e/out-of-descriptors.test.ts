import { execFileSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { connect } from '@ls/socks5/node'
import { echoServer, faultRelay, freePort, onceEvent, requireProgram } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

const prlimit = process.platform === 'linux' ? requireProgram('prlimit') : undefined
if (process.platform !== 'linux') console.warn('\n*** e2e: the tests of descriptors need Linux and are SKIPPED ***\n')

/** Time for two programs to start in each test on a busy machine, in milliseconds. */
const timeout = 60_000

describe.skipIf(prlimit === undefined)('a link that is cut while a program is out of descriptors', { timeout }, () => {
  test('is opened again, with its connections, when the client can dial again', async () => {
    const { client, relay, socket } = await net()
    limitFiles(client, 3)
    relay.strike('reset')
    await client.printed(/EMFILE/)
    limitFiles(client, usualLimit)
    expect(await echoOf(socket, 'still here')).toBe('still here')
  })

  test('is opened again, with its connections, when the server can accept again', async () => {
    const { server, client, relay, socket, idleFiles } = await net()
    limitFiles(server, idleFiles)
    relay.strike('reset')
    await client.printed(/no link[^]*no link/)
    limitFiles(server, usualLimit)
    expect(await echoOf(socket, 'still here')).toBe('still here')
  })
})

const usualLimit = 1024

/** A server, and a client with a relay in between; the client reaches an echo. */
async function net() {
  const echo = closing(await echoServer())
  const [port, proxyPort] = [await freePort(), await freePort()]
  const server = new Program('server', '-t', 'token', '-H', '127.0.0.1', '-P', String(port), '-d')
  await server.printed(/listening/)
  // At most the descriptor that the link's socket gets.
  const idleFiles = firstFreeNumber(server)
  const relay = closing(await faultRelay({ host: '127.0.0.1', port }))
  const client = new Program('client', '-t', 'token', '-u', `ws://127.0.0.1:${relay.port}`, '-p', `${proxyPort}`, '-d')
  await client.printed(/^proxy: /m)
  const socket = await connect({ proxy: { host: '127.0.0.1', port: proxyPort }, target: echo })
  afterTest(() => socket.destroy())
  socket.resume()
  return { server, client, relay, socket, idleFiles }
}

/** Limits a program to descriptors below `count`; those that it has open stay open. */
function limitFiles({ pid }: Program, count: number): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${count}:`])
}

/** Returns the number that the next file would get, once the program has closed the files that it reads. */
function firstFreeNumber({ pid }: Program): number {
  const folder = `/proc/${pid}/fd`
  const used = new Set(readdirSync(folder).filter(staysOpen, folder).map(Number))
  let number = 0
  while (used.has(number)) number++
  return number
}

/** Whether a descriptor in a folder of `/proc` is no file that the program reads for a moment, such as a module. */
function staysOpen(this: string, number: string): boolean {
  try {
    const target = readlinkSync(join(this, number))
    return !target.startsWith('/') || target.startsWith('/dev/')
  } catch {
    return false
  }
}

async function echoOf(socket: Socket, text: string): Promise<string> {
  const answered = onceEvent(socket, 'data', { timeoutMs: 15_000 })
  socket.write(text)
  return String((await answered)[0])
}
