import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions as SecureOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { closeStream, discardStream } from '@ls/dial'
import { type Clock, ProgressWatch, type TimerHandle } from '@ls/foundation'
import { plainAddress, readHostName } from '@ls/relay'
import { answerInTurn, isAnswering } from '@ls/transport'
import { responseInstead } from '../../fallback/upgrade-response.js'
import { answerText } from '../../port/http.js'
import type { HostPage } from './host-page.js'
import type { HostTable } from './host-table.js'

/** Web server that passes each request to the provider of its Host. */
export function serveHosts(table: HostTable<HostPage>, clock: Clock): Server {
  return prepare(createServer(limits, answerBy(table, clock)), table)
}

/** As {@link serveHosts}, over TLS that ends here. */
export function serveSecureHosts(
  table: HostTable<HostPage>,
  tls: SecureOptions,
  clock: Clock,
): ReturnType<typeof createSecureServer> {
  const server = createSecureServer({ ...limits, ...tls, handshakeTimeout: headMs }, answerBy(table, clock))
  prepare(server, table)
  limitHeads(server, clock)
  return server
}

/**
 * Cuts connections that send no complete head of a request, the first one or a later one. Node does so only for a
 * server that listens itself; this one receives sockets.
 */
function limitHeads(server: Server, clock: Clock): void {
  const timers = new WeakMap<Socket, TimerHandle>()
  const served = new WeakMap<Socket, number>()
  const stop = (socket: Socket): void => clock.clearTimeout(timers.get(socket))
  const start = (socket: Socket): void => {
    stop(socket)
    if (!socket.destroyed)
      timers.set(
        socket,
        clock.setTimeout(() => discardStream(socket), headMs),
      )
  }
  const count = (socket: Socket, change: 1 | -1): number => {
    const requests = (served.get(socket) ?? 0) + change
    served.set(socket, requests)
    return requests
  }
  server.on('secureConnection', (socket: TLSSocket) => {
    start(socket)
    socket.once('close', () => stop(socket))
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    stop(socket)
    count(socket, 1)
    // Requests may be pipelined: the last answer counts.
    response.once('close', () => {
      if (count(socket, -1) === 0) start(socket)
    })
  })
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => stop(socket))
}

function prepare(server: Server, table: HostTable<HostPage>): Server {
  server.maxConnections = maxConnections
  // A limit on the number of fields drops them silently: a second Host, or how a body is framed.
  server.maxHeadersCount = 0
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (isAnswering(request.socket)) return discardStream(stream)
    const member = find(table, request)
    if (typeof member !== 'number') return member.proxy.upgrade(request, stream, head, clientOf(request.socket))
    refuse(responseInstead(request, stream), member)
  })
  // Without a listener Node closes the connection without an answer.
  server.on('connect', (request: IncomingMessage, stream: Duplex) => refuse(responseInstead(request, stream), 400))
  // Failures of the client's TLS are no errors here, and Node answers broken requests.
  server.on('tlsClientError', () => {})
  return server
}

function answerBy(table: HostTable<HostPage>, clock: Clock): RequestListener {
  return answerInTurn((request, response) => {
    const member = find(table, request)
    if (typeof member === 'number') return refuse(response, member)
    limitSilence(request, response, clock)
    member.proxy.answer(request, response, clientOf(request.socket))
  })
}

/** Ends a request whose body stops coming: it holds a channel to its provider. */
function limitSilence(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const { socket, headers } = request
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0') return
  const watch = new ProgressWatch({
    clock,
    quietMs: bodySilenceMs,
    progress: () => socket.bytesRead,
    // A provider that reads slowly is no fault of the visitor.
    isCounting: () => !request.complete && request.readableLength < request.readableHighWaterMark,
    onStuck: () => {
      if (response.headersSent) return closeStream(socket)
      response.shouldKeepAlive = false
      answerText(response, 408, '408 request timeout: the rest of the body did not come\n')
    },
  })
  request.once('close', () => watch.stop())
}

/** Finds the page for a request, or the status to answer. */
function find(table: HostTable<HostPage>, { headersDistinct, url = '' }: IncomingMessage): HostPage | 400 | 404 {
  // A second Host field may name another host (RFC 9112 §3.2), and so may an absolute target.
  const [host, second] = headersDistinct['host'] ?? []
  if (host === undefined || second !== undefined || !(url.startsWith('/') || url === '*')) return 400
  try {
    return table.next('http', readHostName(host.replace(/:\d*$/, ''))) ?? 404
  } catch {
    return 404
  }
}

function refuse(response: ServerResponse, status: 400 | 404): void {
  const text =
    status === 404 ? '404 no such host here\n' : '400 bad request: there is not one host, or the target is no path\n'
  answerText(response, status, text)
}

function clientOf({ remoteAddress, remotePort }: Socket): { address: string | undefined; port: number | undefined } {
  return { address: remoteAddress === undefined ? undefined : plainAddress(remoteAddress), port: remotePort }
}

/** Timeout for TLS, and for the head of a request, each. In milliseconds. */
const headMs = 10_000

/** Longest silence within the body of a request, in milliseconds: that of nginx. An upload may last for hours. */
export const bodySilenceMs = 60_000

const limits = {
  insecureHTTPParser: false,
  maxHeaderSize: 65_536,
  headersTimeout: headMs,
  connectionsCheckingInterval: 5000,
  // See `bodySilenceMs`.
  requestTimeout: 0,
  noDelay: true,
} as const

/** The same limit as for a proxy port. */
const maxConnections = 65_536
