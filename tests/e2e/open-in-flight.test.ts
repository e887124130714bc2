import type { Socket } from 'node:net'
import { connect } from '@ls/socks5/node'
import { faultRelay, onceEvent, tcpServer } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

/** Each of the two black holes is noticed after about 8 s. */
const timeout = 60_000

/** An HTTP proxy behind the server that answers CONNECT only when the test lets it. */
async function slowUpstream() {
  let onRequest: (socket: Socket) => void = () => {}
  const requested = new Promise<Socket>((resolve) => (onRequest = resolve))
  const { port } = closing(await tcpServer((socket) => socket.once('data', () => onRequest(socket))))
  const accept = async (): Promise<void> => void (await requested).write('HTTP/1.1 200 OK\r\n\r\nwelcome')
  return { url: `http://127.0.0.1:${port}`, requested, accept }
}

test('an open that waits for its answer outlives a link that vanishes twice', { timeout }, async () => {
  const upstream = await slowUpstream()
  const server = new Program('server', '-t', 'tok', '-H', '127.0.0.1', '-P', '0', '--upstream-proxy', upstream.url)
  const relay = closing(await faultRelay({ host: '127.0.0.1', port: await webSocketPort(server) }))
  const client = new Program('client', '-t', 'tok', '-u', `ws://127.0.0.1:${relay.port}`, '-p', '0')
  const [, port = ''] = await client.printed(/^proxy: 127\.0\.0\.1:(\d+)/m)
  const proxy = { host: '127.0.0.1', port: Number(port) }
  const opening = awaitedLater(connect({ proxy, target: { host: 'example.org', port: 80 }, timeoutMs: 40_000 }))
  await upstream.requested
  relay.strike('blackhole')
  await client.printed(/link is back/)
  relay.strike('blackhole')
  await upstream.accept()
  await client.printed(/link is back[^]*link is back/)
  const socket = await opening
  afterTest(() => socket.destroy())
  expect(String((await onceEvent(socket, 'data'))[0])).toBe('welcome')
})

async function webSocketPort(server: Program): Promise<number> {
  return Number((await server.printed(/^listening: ws:\/\/127\.0\.0\.1:(\d+)/m))[1])
}
