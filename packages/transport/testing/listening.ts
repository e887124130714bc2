import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net'
import { leakCheck, onceEvent, RecordingHandler } from '@ls/testkit'
import { afterEach, beforeEach } from 'vitest'
import { connect, type ConnectOptions } from '../src/connect/connect.js'
import type { ListenOptions, TransportListener } from '../src/listen/listen-options.js'
import { listen } from '../src/listen/listen.js'
import type { WebSocketTransport } from '../src/websocket/websocket-transport.js'

const cleanups: (() => Promise<void> | void)[] = []
let assertNoLeak: (() => Promise<void>) | undefined

/** Runs `cleanup` after the test, last come first served. */
export function afterTest(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup)
}

beforeEach(() => {
  assertNoLeak = leakCheck()
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  await assertNoLeak?.()
})

/** A listener whose links are taken and kept, closed after the test. */
export async function startListener(options: Partial<ListenOptions> = {}): Promise<TransportListener> {
  const onTransport = (transport: WebSocketTransport): void => transport.setHandler(new RecordingHandler())
  const listener = await listen({ onTransport, ...options })
  afterTest(() => listener.closeAll())
  return listener
}

export interface Link {
  readonly transport: WebSocketTransport
  readonly handler: RecordingHandler
}

/** A link to a listener, whatever it speaks; cut after the test. */
export async function openLink(options: ConnectOptions): Promise<Link> {
  const transport = await connect({ proxyFromEnvironment: false, ...options })
  afterTest(() => transport.destroy())
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  return { transport, handler }
}

/** A connection by hand, cut after the test. */
export async function rawConnection(place: NetConnectOpts): Promise<Socket> {
  const socket = connectTcp(place)
  afterTest(() => void socket.destroy())
  socket.on('error', () => {})
  await onceEvent(socket, 'connect')
  return socket
}

/** What comes back until the other end ends the connection. */
export async function untilEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  if (!socket.destroyed) await onceEvent(socket, 'close', { deadlineMs: 15_000 })
  return text
}

/** A request for a WebSocket, as a client sends it. */
export function upgradeHead(path = '/socket', ...headers: readonly string[]): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: h',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
