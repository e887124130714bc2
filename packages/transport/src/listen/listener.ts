import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { listenAt, ListenError } from '@ls/dial'
import { asError, checkDurationMs, checkInteger, formatHostPort, maxPort, RareLog } from '@ls/foundation'
import { PendingConnections, type TransportCloseReason } from '@ls/mux'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { earlyDataFault, echoEarlyData, takeEarlyData } from '../byte-stream/early-data.js'
import { resolveTransportOptions, type ResolvedTransportOptions } from '../options.js'
import {
  type ClientAddress,
  clientAddress,
  type ClientAddressHeader,
  clientAddressHeaders,
} from '../port/client-address.js'
import { HttpPort } from '../port/http-port.js'
import { isAnswering } from '../port/pipelined-requests.js'
import { type RefusalCounts, Refusals } from '../port/refusals.js'
import type { ServerTlsOptions } from '../port/server-tls.js'
import { parseTrustedProxies, type TrustedProxies } from '../port/trusted-proxies.js'
import { socketMode, unixPathOf } from '../port/unix-socket.js'
import { CloseCode } from '../websocket/close-code.js'
import { LongMessages } from '../websocket/long-messages.js'
import { checkUnprovenLimits } from '../websocket/read-allowance.js'
import { WebSocketTransport } from '../websocket/websocket-transport.js'
import type { ListenOptions, TakeUpgrade, TransportListener } from './listen-options.js'
import { refuseUpgrade, type UpgradeRefusal } from './refuse-upgrade.js'
import { Turns } from './turns.js'
import { readUpgradeRequest, upgradeFault, type UpgradeRequest } from './upgrade-request.js'

const noUpgrade =
  'This is a WebSocket endpoint. If you came here by WebSocket, a proxy in between has dropped the Upgrade header.\n'

/** The HTTP server behind `listen`, and the links it has opened. */
export class Listener implements TransportListener {
  readonly transports = new Set<WebSocketTransport>()
  readonly #options: ListenOptions
  readonly #transport: ResolvedTransportOptions
  readonly #maxLinks: number
  readonly #path: string | undefined
  readonly #trusted: TrustedProxies
  readonly #addressHeader: ClientAddressHeader
  readonly #refusals: Refusals
  readonly #port: HttpPort
  readonly #upgrader: WebSocketServer
  readonly #turns: Turns
  #isClosed = false
  readonly #longMessages: LongMessages
  /** Unauthenticated transports. */
  readonly #unproven = new Set<WebSocketTransport>()
  /** Calls of `closeAll` that wait for the last link. */
  readonly #waiting: (() => void)[] = []

  /** @throws RangeError for an option beyond its limits, TransportError for a certificate that cannot be used. */
  constructor(options: ListenOptions) {
    this.#options = options
    this.#transport = resolveTransportOptions(options)
    this.#maxLinks = checkInteger('maxLinks', options.maxLinks ?? 10_000, 1, 1_000_000)
    this.#path = unixPathOf(options.host ?? '')
    checkInteger('port', options.port ?? 0, 0, maxPort)
    checkUnprovenLimits(options.unproven)
    this.#trusted = parseTrustedProxies(options.trustedProxies ?? [])
    this.#addressHeader = knownHeader(options.clientAddressHeader ?? 'x-forwarded-for')
    this.#refusals = new Refusals(this.#transport)
    this.#longMessages = longMessages(this.#transport)
    this.#upgrader = new WebSocketServer(upgraderOptions(this.#transport))
    this.#upgrader.on('headers', echoEarlyData)
    const pending = options.pending ?? new PendingConnections()
    this.#turns = new Turns(this.#transport)
    this.#port = new HttpPort({
      clock: this.#transport.clock,
      maxHeadBytes: checkInteger('maxHeadBytes', options.maxHeadBytes ?? 8192, 64, 1024 * 1024),
      headTimeoutMs: checkDurationMs('headTimeoutMs', options.headTimeoutMs ?? 4000),
      // One more, since the newest must be accepted before the oldest is cut.
      maxConnections: this.#maxLinks + pending.maxPending + 1,
      pending,
      tls: options.tls,
      proxyProtocol: options.proxyProtocol ?? false,
      trusted: this.#trusted,
      refusals: this.#refusals,
      answer: (request, response) => this.#answer(request, response),
    })
    this.#port.server.on('upgrade', (request, stream, head) => this.#upgradeInTurn(request, stream, head))
  }

  get refusals(): RefusalCounts {
    return this.#refusals.counts
  }

  async open(): Promise<void> {
    const { host = '127.0.0.1', port = 0, exclusive, signal } = this.#options
    const { server } = this.#port
    signal?.throwIfAborted()
    try {
      const place = this.#path === undefined ? { host, port } : { path: this.#path, mode: socketMode }
      await listenAt(server, { ...place, exclusive }, signal)
    } catch (error) {
      server.close()
      signal?.throwIfAborted()
      throw new ListenError('the WebSocket port', this.#path === undefined ? formatHostPort(host, port) : host, error)
    }
    // A failure to accept one connection (no file descriptors left, for instance) must not end the process.
    server.on('error', (error) => this.#transport.logger.error({ err: error }, 'listener failed'))
  }

  address(): { readonly host: string; readonly port: number } {
    const { server } = this.#port
    const address = server.address()
    // Node does not report the path of a socket that the process was given.
    if (this.#path !== undefined && server.listening) return { host: `unix:${this.#path}`, port: 0 }
    if (address === null || typeof address === 'string') throw new TypeError('the listener is closed')
    return { host: address.address, port: address.port }
  }

  setTls(tls: ServerTlsOptions): void {
    this.#port.setTls(tls)
  }

  stopAccepting(): void {
    // The port is free when this returns; Node's callback would wait for the links too.
    if (this.#port.server.listening) this.#port.server.close()
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.stopAccepting()
    this.#port.cut()
    return Promise.resolve()
  }

  async closeAll(
    reason: TransportCloseReason = { code: CloseCode.goingAway, reason: 'server shuts down' },
  ): Promise<void> {
    await this.close()
    for (const transport of this.transports) transport.close(reason)
    if (this.transports.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #upgradeInTurn(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // The HTTP server has removed its listeners.
    this.#turns.runFor(stream, this.#clientOf(request).address, () => {
      if (this.#isClosed || isAnswering(request.socket)) stream.destroy()
      else this.#upgrade(request, stream, head)
    })
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const upgradeRequest = readUpgradeRequest(request, this.#clientOf(request))
    const decision = this.#decide(upgradeRequest)
    if (typeof decision === 'function') return this.#handOver(decision, request, stream, head)
    // Checks the path first: faults are only reported to clients with the right path.
    const refusal = decision ?? upgradeFault(request)
    if (refusal !== undefined) return this.#refuse(stream, refusal, upgradeRequest)
    const early = this.#options.earlyData === true ? takeEarlyData(request) : []
    const excess = earlyDataFault(early, this.#options.unproven)
    if (excess !== undefined) return this.#refuse(stream, excess, upgradeRequest)
    this.#port.isFor(request.socket, upgradeRequest.remoteAddress)
    this.#upgrader.handleUpgrade(request, stream, head, (socket) =>
      this.#open({ socket, stream, connection: request.socket, request: upgradeRequest, early }),
    )
  }

  /** Whether there is room for a link. Counts admitted links only: unauthenticated clients have their own limit. */
  get #hasRoom(): boolean {
    return this.transports.size - this.#unproven.size < this.#maxLinks
  }

  #clientOf(request: IncomingMessage): ClientAddress {
    return clientAddress(this.#port.peerOf(request.socket), request.headers, this.#addressHeader, this.#trusted)
  }

  #decide(request: UpgradeRequest): UpgradeRefusal | TakeUpgrade | undefined {
    try {
      const decision = this.#options.authorize?.(request)
      if (decision !== undefined || this.#hasRoom) return decision
      return { status: 503, text: `All ${this.#maxLinks} links are in use.` }
    } catch (error) {
      this.#transport.logger.error({ err: error }, 'authorize failed')
      return { status: 500, text: 'The server could not check this request.' }
    }
  }

  #refuse(stream: Duplex, refusal: UpgradeRefusal, { remoteAddress }: UpgradeRequest): void {
    const { status, text } = refusal
    this.#refusals.add(status === 503 ? 'full' : 'upgrade', remoteAddress, `${status} ${text}`)
    refuseUpgrade(stream, refusal)
  }

  #handOver(take: TakeUpgrade, request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#port.handsOver(request.socket)
    try {
      take(request, stream, head, () => this.#port.admit(request.socket))
    } catch (error) {
      this.#transport.logger.error({ err: error }, 'an upgrade could not be handed over')
      stream.destroy()
    }
  }

  #open({ socket, stream, connection, request, early }: OpenedUpgrade): void {
    const { unproven } = this.#options
    const peer = { address: request.remoteAddress, port: request.remotePort }
    const transport = new WebSocketTransport(socket, stream, this.#transport, peer, {
      isServer: true,
      early,
      unproven,
      onUnproven: (bytes) => this.#port.charge(connection, bytes),
      onHeld: (bytes) => this.#longMessages.note(transport, bytes),
      onAdmit: () => this.#admit(transport, connection),
    })
    this.transports.add(transport)
    if (unproven === undefined) this.#port.admit(connection)
    else this.#unproven.add(transport)
    socket.once('close', () => this.#forget(transport))
    try {
      this.#options.onTransport(transport, request)
    } catch (error) {
      this.#transport.logger.error({ err: error }, 'onTransport failed')
      transport.close({ code: CloseCode.internalError, reason: 'the server failed', cause: asError(error) })
    }
  }

  #admit(transport: WebSocketTransport, connection: Socket): boolean {
    if (!this.#hasRoom) {
      this.#refusals.add('full', transport.peer.address, `all ${this.#maxLinks} links are in use`)
      return false
    }
    this.#unproven.delete(transport)
    this.#port.admit(connection)
    return true
  }

  #forget(transport: WebSocketTransport): void {
    this.transports.delete(transport)
    this.#unproven.delete(transport)
    if (this.transports.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.#options.onRequest !== undefined) return this.#answerByOwner(request, response)
    // RFC 9110 §15.5.22 requires the protocol's name.
    response.writeHead(426, {
      'Content-Type': 'text/plain; charset=utf-8',
      Upgrade: 'websocket',
      Connection: 'upgrade',
    })
    response.end(noUpgrade)
  }

  #answerByOwner(request: IncomingMessage, response: ServerResponse): void {
    try {
      this.#options.onRequest?.(request, response, this.#clientOf(request))
    } catch (error) {
      this.#transport.logger.error({ err: error }, 'onRequest failed')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    }
  }
}

/** An upgrade that has become a WebSocket. */
interface OpenedUpgrade {
  readonly socket: WebSocket
  /** The stream below the WebSocket. */
  readonly stream: Duplex
  /** The connection of the request. */
  readonly connection: Socket
  readonly request: UpgradeRequest
  readonly early: readonly Uint8Array[]
}

function longMessages({ clock, logger }: ResolvedTransportOptions): LongMessages {
  const log = new RareLog(clock, logger)
  return new LongMessages((bytes) =>
    log.warn('a link was cut: its message did not end', `all such hold ${bytes} bytes`),
  )
}

function upgraderOptions(options: ResolvedTransportOptions): ServerOptions & { closeTimeout: number } {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    // Text messages are refused unread.
    skipUTF8Validation: true,
    closeTimeout: options.closeTimeoutMs,
  }
}

function knownHeader(header: ClientAddressHeader): ClientAddressHeader {
  if (clientAddressHeaders.includes(header)) return header
  throw new RangeError(`clientAddressHeader is "${header}"; it must be one of ${clientAddressHeaders.join(', ')}`)
}
