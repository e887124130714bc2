import type { Socket } from 'node:net'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { connect } from '@ls/socks5/node'
import { echoServer, faultRelay, freePort, onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

const jumping = pathToFileURL(fileURLToPath(new URL('jumping-clock.mjs', import.meta.url))).href
const how = { environment: { NODE_OPTIONS: `--import ${jumping}` } }

/** Time for two programs to start on a busy machine, in milliseconds. */
const timeout = 60_000

// Windows has no SIGUSR2.
describe.skipIf(process.platform === 'win32')(
  'a time of day that jumps by an hour forward, then back by two',
  { timeout },
  () => {
    test('ends no connection while the link is up', async () => {
      const { socket, jump } = await net()
      await jump()
      const forward = await echoOf(socket, 'forward')
      await jump()
      expect({ forward, echo: await echoOf(socket, 'back') }).toEqual({ forward: 'forward', echo: 'back' })
    })

    test('ends no connection while the link is down, and does not keep it down', async () => {
      const { socket, jump, relay, client } = await net()
      relay.refusing = true
      relay.strike('reset')
      await client.printed(/link is down/)
      await jump()
      await jump()
      relay.refusing = false
      expect(await echoOf(socket, 'still here')).toBe('still here')
    })
  },
)

/** A server, and a client with a relay in between; the client reaches an echo. */
async function net() {
  const echo = closing(await echoServer())
  const [port, proxyPort] = [await freePort(), await freePort()]
  const server = new Program(how, 'server', '-t', 'token', '-H', '127.0.0.1', '-P', String(port))
  await server.printed(/listening/)
  const relay = closing(await faultRelay({ host: '127.0.0.1', port }))
  const client = new Program(how, 'client', '-t', 'token', '-u', `ws://127.0.0.1:${relay.port}`, '-p', `${proxyPort}`)
  await client.printed(/^proxy: /m)
  const socket = await connect({ proxy: { host: '127.0.0.1', port: proxyPort }, target: echo })
  afterTest(() => socket.destroy())
  socket.resume()
  let jumps = 0
  const jump = async (): Promise<void> => {
    const offset = [3_600_000, -3_600_000][jumps++]
    for (const program of [server, client]) {
      program.kill('SIGUSR2')
      await program.printed(new RegExp(`off by ${offset} ms`))
    }
  }
  return { socket, jump, relay, client }
}

async function echoOf(socket: Socket, text: string): Promise<string> {
  const answered = onceEvent(socket, 'data', { timeoutMs: 15_000 })
  socket.write(text)
  return String((await answered)[0])
}
