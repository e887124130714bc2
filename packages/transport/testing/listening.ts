import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net'
import { leakCheck, onceEvent, RecordingHandler } from '@ls/testkit'
import { afterEach, beforeEach } from 'vitest'
import { connect, type ConnectOptions } from '../src/connect/connect.js'
import type { ListenOptions, TransportListener } from '../src/listen/listen-options.js'
import { listen } from '../src/listen/listen.js'
import type { WebSocketTransport } from '../src/websocket/websocket-transport.js'

const cleanups: (() => Promise<void> | void)[] = []
let assertNoLeak: (() => Promise<void>) | undefined

/** Runs `cleanup` after the test, in reverse order. */
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

/** Opens a listener that accepts and keeps links, closed after the test. */
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

/** Opens a link to a listener, with its scheme; cut after the test. */
export async function openLink(options: ConnectOptions): Promise<Link> {
  const transport = await connect({ proxyFromEnvironment: false, ...options })
  afterTest(() => transport.destroy())
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  return { transport, handler }
}

/** Opens a plain connection, cut after the test. */
export async function rawConnection(place: NetConnectOpts): Promise<Socket> {
  const socket = connectTcp(place)
  afterTest(() => void socket.destroy())
  socket.on('error', () => {})
  await onceEvent(socket, 'connect')
  return socket
}

/** Returns the bytes received until the other end closes. */
export async function untilEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  if (!socket.destroyed) await onceEvent(socket, 'close', { timeoutMs: 15_000 })
  return text
}

/** Builds a request for a WebSocket, as a client sends it. */
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
