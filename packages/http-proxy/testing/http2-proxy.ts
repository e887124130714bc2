import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { testCertificate } from '@ls/testkit'
import type { ProxyFixture } from './proxy-fixture.js'

const certificate = testCertificate()
/** Options of `tls.connect` that trust the proxies of {@link openHttp2Proxy}. */
export const http2ProxyTls = { ca: certificate.cert }

export type OnStream = (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void

export interface Http2Proxy {
  readonly port: number
  readonly sessions: ServerHttp2Session[]
  readonly server: Http2SecureServer
}

/** An HTTP/2 proxy that tunnels, or passes each CONNECT to `onStream`. */
export async function openHttp2Proxy(
  fixture: ProxyFixture,
  onStream: OnStream = tunnel,
  settings: object = {},
): Promise<Http2Proxy> {
  const sessions: ServerHttp2Session[] = []
  const server = createSecureServer({ ...certificate, settings, maxSessionMemory: 1000 })
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => {})
  })
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fixture.defer(() => {
    for (const session of sessions) session.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as { port: number }).port, sessions, server }
}

/** Connects a CONNECT stream to its target. */
export function tunnel(stream: ServerHttp2Stream, headers: Record<string, unknown>): void {
  const [host = '', port] = String(headers[':authority']).split(':')
  const socket = connectSocket({ host, port: Number(port), allowHalfOpen: true }, () => {
    stream.respond({ ':status': 200 })
    socket.pipe(stream)
    stream.pipe(socket)
  })
  socket.on('error', () => stream.close(constants.NGHTTP2_CONNECT_ERROR))
  stream.on('close', () => socket.destroy())
}
