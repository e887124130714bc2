import { once } from 'node:events'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { freePort, onceEvent, tcpServer } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from './cleanup.js'

/** Bytes of each connection, enough for several turns. */
const bytesEach = 600_000

/** 40 Mbit/s: the transfers take at least 0.6 s, whatever else the machine does. */
const bytesPerSecond = 5_000_000

type Direction = 'up' | 'down'

async function proxyWith(mode: 'forward' | 'reverse', rate: object) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  if (mode === 'forward') {
    const token = server.addForwardToken('t', { policy: { rate } })
    const client = closing(new LinkSocksClient({ url, token, proxy: { port: 0 } }))
    await client.start()
    return client.socksAddress ?? { host: '', port: 0 }
  }
  const { token, port } = server.addReverseToken({ socksPort: await freePort(), policy: { rate } })
  const listening = onceEvent(server, 'socksListening')
  await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
  await listening
  return { host: '127.0.0.1', port }
}

/** Moves the bytes over one connection and returns how many arrived. */
async function move(proxy: { host: string; port: number }, port: number, direction: Direction): Promise<number> {
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port } })
  afterTest(() => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (data: Buffer) => chunks.push(data))
  socket.resume()
  socket.end(direction === 'up' ? Buffer.alloc(bytesEach) : 'x')
  await once(socket, 'end')
  const received = Buffer.concat(chunks)
  return direction === 'down' ? received.length : Number(received.toString())
}

test.each([
  ['forward', 'up'],
  ['forward', 'down'],
  ['reverse', 'up'],
  ['reverse', 'down'],
] as const)('a rate in %s mode holds back what goes %s, and loses nothing', async (mode, direction) => {
  const target = closing(
    await tcpServer((socket) => {
      let received = 0
      socket.on('data', (data: Buffer) => (received += data.length))
      socket.on('end', () => socket.end(direction === 'down' ? Buffer.alloc(bytesEach) : String(received)))
    }),
  )
  const proxy = await proxyWith(mode, { [direction]: bytesPerSecond })
  const startedAtMs = performance.now()
  const moved = await Promise.all(Array.from({ length: 5 }, () => move(proxy, target.port, direction)))
  const leastMs = ((5 * bytesEach - bytesPerSecond / 10 - 5 * 65_536) / bytesPerSecond) * 1000
  expect(moved).toEqual([bytesEach, bytesEach, bytesEach, bytesEach, bytesEach])
  expect(performance.now() - startedAtMs).toBeGreaterThan(leastMs)
})
