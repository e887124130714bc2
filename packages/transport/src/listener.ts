import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TransportCloseReason } from '@ls/mux'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { CloseCode } from './close-code.js'
import { formatHostPort } from './dial.js'
import { asError, systemCodeOf, TransportError, type TransportErrorCode } from './errors.js'
import type { ListenOptions, TransportListener } from './listen.js'
import { durationMs, integerIn, resolveTransportOptions, type ResolvedTransportOptions } from './options.js'
import { refuseUpgrade, type UpgradeRefusal } from './refuse-upgrade.js'
import { readUpgradeRequest, type UpgradeRequest } from './upgrade-request.js'
import { WebSocketTransport } from './websocket-transport.js'

/** Connections beyond `maxLinks` that may send their request or use plain HTTP at the same time. */
const MAX_OTHER_CONNECTIONS = 1024

/** How often Node looks for heads past their deadline, in milliseconds. */
const HEAD_CHECK_MS = 500

/** Time for a whole plain request, in milliseconds: what comes in over HTTP is small. */
const REQUEST_DEADLINE_MS = 30_000

const LISTEN_ERRORS: Readonly<Record<string, [code: TransportErrorCode, why: string]>> = {
  EADDRINUSE: ['ERR_TRANSPORT_ADDRESS_IN_USE', 'another program listens there already; choose another port or end it'],
  EACCES: ['ERR_TRANSPORT_ACCESS_DENIED', 'not allowed; ports below 1024 need privileges'],
  EADDRNOTAVAIL: ['ERR_TRANSPORT_ADDRESS_UNAVAILABLE', 'this machine has no such address'],
  ENOTFOUND: ['ERR_TRANSPORT_ADDRESS_UNAVAILABLE', 'no such host name'],
}

const NO_UPGRADE =
  'This is a WebSocket endpoint. If you came here by WebSocket, a proxy in between has dropped the Upgrade header.\n'

/** The HTTP server behind `listen`, and the links it has opened. */
export class Listener implements TransportListener {
  readonly transports = new Set<WebSocketTransport>()
  readonly #options: ListenOptions
  readonly #transport: ResolvedTransportOptions
  readonly #maxLinks: number
  readonly #server: Server
  readonly #upgrader: WebSocketServer
  /** Calls of `closeAll` that wait for the last link. */
  readonly #waiting: (() => void)[] = []

  /** @throws RangeError for an option beyond its limits. */
  constructor(options: ListenOptions) {
    this.#options = options
    this.#transport = resolveTransportOptions(options)
    this.#maxLinks = integerIn('maxLinks', options.maxLinks ?? 10_000, 1, 1_000_000)
    integerIn('port', options.port, 0, 65_535)
    this.#upgrader = new WebSocketServer(upgraderOptions(this.#transport))
    this.#server = createServer({
      maxHeaderSize: integerIn('maxHeadBytes', options.maxHeadBytes ?? 8192, 64, 1024 * 1024),
      headersTimeout: durationMs('headDeadlineMs', options.headDeadlineMs ?? 4000),
      requestTimeout: REQUEST_DEADLINE_MS,
      connectionsCheckingInterval: HEAD_CHECK_MS,
      noDelay: true,
    })
    this.#server.maxConnections = this.#maxLinks + MAX_OTHER_CONNECTIONS
    this.#server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head))
    this.#server.on('request', (request, response) => this.#answer(request, response))
  }

  async open(): Promise<void> {
    const { host = '127.0.0.1', port, signal } = this.#options
    signal?.throwIfAborted()
    this.#server.listen({ host, port })
    try {
      await once(this.#server, 'listening', signal === undefined ? {} : { signal })
    } catch (error) {
      this.#server.close()
      signal?.throwIfAborted()
      throw listenError(error, host, port)
    }
    // Failing to accept one connection (no file descriptors left, say) must not end the process.
    this.#server.on('error', (error) => this.#transport.logger.error({ error }, 'listener failed'))
  }

  address(): { readonly host: string; readonly port: number } {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the listener is closed')
    return { host: address.address, port: address.port }
  }

  close(): Promise<void> {
    // The port is free when this returns; Node's callback would wait for the links too.
    if (this.#server.listening) this.#server.close()
    // Closing the server stops its watch over slow heads, so these connections must not stay.
    this.#server.closeAllConnections()
    return Promise.resolve()
  }

  async closeAll(
    reason: TransportCloseReason = { code: CloseCode.goingAway, reason: 'server shuts down' },
  ): Promise<void> {
    await this.close()
    for (const transport of this.transports) transport.close(reason)
    if (this.transports.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const upgradeRequest = readUpgradeRequest(request)
    const refusal = this.#refusal(upgradeRequest)
    if (refusal !== undefined) return refuseUpgrade(stream, refusal)
    this.#upgrader.handleUpgrade(request, stream, head, (socket) => this.#open(socket, stream, upgradeRequest))
  }

  #refusal(request: UpgradeRequest): UpgradeRefusal | undefined {
    if (this.transports.size >= this.#maxLinks) {
      return { status: 503, text: `All ${this.#maxLinks} links are in use.` }
    }
    try {
      return this.#options.authorize?.(request)
    } catch (error) {
      this.#transport.logger.error({ error }, 'authorize failed')
      return { status: 500, text: 'The server could not decide.' }
    }
  }

  #open(socket: WebSocket, stream: Duplex, request: UpgradeRequest): void {
    const peer = { address: request.remoteAddress, port: request.remotePort }
    const transport = new WebSocketTransport(socket, stream, this.#transport, peer)
    this.transports.add(transport)
    socket.once('close', () => this.#forget(transport))
    try {
      this.#options.onTransport(transport, request)
    } catch (error) {
      this.#transport.logger.error({ error }, 'onTransport failed')
      transport.close({ code: CloseCode.internalError, reason: 'the server failed', cause: asError(error) })
    }
  }

  #forget(transport: WebSocketTransport): void {
    this.transports.delete(transport)
    if (this.transports.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.#options.onRequest !== undefined) return this.#answerByOwner(request, response)
    // RFC 9110 §15.5.22 wants the protocol named.
    response.writeHead(426, {
      'Content-Type': 'text/plain; charset=utf-8',
      Upgrade: 'websocket',
      Connection: 'upgrade',
    })
    response.end(NO_UPGRADE)
  }

  #answerByOwner(request: IncomingMessage, response: ServerResponse): void {
    try {
      this.#options.onRequest?.(request, response)
    } catch (error) {
      this.#transport.logger.error({ error }, 'onRequest failed')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    }
  }
}

function upgraderOptions(options: ResolvedTransportOptions): ServerOptions & { closeTimeout: number } {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    // Text messages are refused unread.
    skipUTF8Validation: true,
    closeTimeout: options.closeDeadlineMs,
  }
}

function listenError(thrown: unknown, host: string, port: number): TransportError {
  const cause = asError(thrown)
  const [code, why] = LISTEN_ERRORS[systemCodeOf(cause)] ?? ['ERR_TRANSPORT_ADDRESS_UNAVAILABLE', cause.message]
  return new TransportError(code, `cannot listen on ${formatHostPort(host, port)}: ${why}`, { cause })
}
