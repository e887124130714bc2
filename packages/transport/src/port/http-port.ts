import { createServer as createHttpServer, STATUS_CODES, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { DropArgument, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { carryResets, closeStream, discardStream } from '@ls/dial'
import { type Clock, RenewedSet } from '@ls/foundation'
import type { PendingConnections } from '@ls/mux'
import { systemCodeOf } from '../errors.js'
import { textResponse } from '../listen/refuse-upgrade.js'
import { Turns } from '../listen/turns.js'
import type { ClientAddress } from './client-address.js'
import { PendingSockets } from './pending-sockets.js'
import { PipelinedRequests } from './pipelined-requests.js'
import type { ProxyHeader } from './proxy-header.js'
import { readProxyHeader } from './read-proxy-header.js'
import type { RefusalKind, Refusals } from './refusals.js'
import { secureContextOptions, serverTlsOptions, type ServerTlsOptions } from './server-tls.js'
import type { TrustedProxies } from './trusted-proxies.js'

/** Interval at which Node checks for heads past their deadline, in milliseconds. */
const headCheckMs = 500

/** Time for a whole plain request, in milliseconds: requests over HTTP are small. */
const requestTimeoutMs = 30_000

/**
 * Unfinished TLS handshakes that one address may begin in a second, as a part of the connections that it may have
 * waiting: it may begin all of them within four seconds. One handshake costs 0.4 ms, or 4 ms with an RSA key of 4096
 * bits, and other clients wait meanwhile.
 */
const handshakesPerSecond = 1 / 4

export interface HttpPortOptions {
  readonly clock: Clock
  readonly maxHeadBytes: number
  /** Timeout of the PROXY header, of TLS and of the head of the request, each. */
  readonly headTimeoutMs: number
  readonly maxConnections: number
  readonly tls: ServerTlsOptions | undefined
  readonly proxyProtocol: boolean
  readonly trusted: TrustedProxies
  readonly refusals: Refusals
  readonly pending: PendingConnections
  /** Called for a plain request, once the answers before it have left. */
  answer(request: ServerResponse['req'], response: ServerResponse): void
}

/** Handles the first steps of a connection, before its requests: the PROXY header, TLS, HTTP's own limits. */
export class HttpPort {
  readonly server: Server
  readonly #options: HttpPortOptions
  readonly #pending: PendingSockets
  /** Connections before HTTP, which has its own deadlines. */
  readonly #arriving = new RenewedSet<Socket>()
  /** Contents of PROXY headers, by connection. */
  readonly #sources = new WeakMap<Socket, ClientAddress>()
  /** The last answer on a connection: no other bytes may be written before it is complete. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>()
  /** Answers that are not complete: a part of one must not look complete. */
  readonly #underWay = new RenewedSet<ServerResponse>()

  constructor(options: HttpPortOptions) {
    this.#options = options
    this.#pending = new PendingSockets(options)
    this.server = options.tls === undefined ? createHttpServer(this.#httpOptions()) : this.#createTlsServer(options.tls)
    this.server.maxConnections = options.maxConnections
    // The size is limited. A limit on the number drops fields silently, and with them how a body is framed.
    this.server.maxHeadersCount = 0
    this.server.on('drop', (dropped?: DropArgument) =>
      this.#refused('full', dropped?.remoteAddress, 'too many connections wait'),
    )
    const pipelined = new PipelinedRequests((socket, reason) =>
      this.#refused('bad-request', this.peerOf(socket).address, reason),
    )
    this.server.on('request', (request, response) => {
      const { socket } = request
      if (!pipelined.takes(response)) return
      this.#answers.set(socket, response)
      this.#underWay.add(response)
      const carrier = underlying(socket)
      this.#pending.serve(carrier)
      // One listener: Node warns of more than ten, and a proxied answer has eight others.
      response.once('close', () => {
        this.#underWay.delete(response)
        this.#pending.answered(carrier)
      })
      pipelined.startInTurn(response, () => options.answer(request, response))
    })
    this.server.on('clientError', (error, socket) => this.#clientError(error, socket))
    if (options.proxyProtocol) this.#expectProxyHeaders()
    this.server.prependListener('connection', (socket: Socket) => this.#pending.add(socket))
  }

  /** Counts the connection for this address. */
  isFor(socket: Socket, address: string | undefined): void {
    this.#pending.moveTo(underlying(socket), address)
  }

  /** Marks the connection as served by another program until it closes. */
  handsOver(socket: Socket): void {
    this.#pending.serve(underlying(socket))
  }

  /** Counts bytes that the client sent before it is admitted. */
  charge(socket: Socket, bytes: number): void {
    this.#pending.charge(underlying(socket), bytes)
  }

  /** Admits the connection, which no longer makes room for others. */
  admit(socket: Socket): void {
    this.#pending.release(underlying(socket))
  }

  /** Returns the client of a connection, by its PROXY header if there is one. */
  peerOf(socket: Socket): ClientAddress {
    return this.#sources.get(underlying(socket)) ?? { address: socket.remoteAddress, port: socket.remotePort }
  }

  /** Changes the certificate; open connections stay as they are. @throws TransportError for a bad one */
  setTls(options: ServerTlsOptions): void {
    if (this.#options.tls === undefined) throw new TypeError('the listener was opened without TLS')
    if ((this.#options.tls.clientCa === undefined) !== (options.clientCa === undefined)) {
      throw new TypeError('whether clients must show a certificate cannot change while the listener is open')
    }
    const server = this.server as HttpsServer
    server.setSecureContext(secureContextOptions(options))
  }

  /** Cuts every connection that is not a link; upgraded ones stay. */
  cut(): void {
    for (const socket of this.#arriving) discardStream(socket)
    for (const { socket, headersSent } of this.#underWay) if (socket !== null && headersSent) closeStream(socket)
    // Closing the server stops its check of slow heads, so these connections must not stay.
    this.server.closeAllConnections()
  }

  #httpOptions() {
    const { maxHeadBytes, headTimeoutMs } = this.#options
    return {
      // Strict with any command line of Node: the frame read here must be the one passed on.
      insecureHTTPParser: false,
      maxHeaderSize: maxHeadBytes,
      headersTimeout: headTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: headCheckMs,
      noDelay: true,
    }
  }

  #createTlsServer(tls: ServerTlsOptions): Server {
    const { headTimeoutMs } = this.#options
    const server = createHttpsServer({
      ...this.#httpOptions(),
      ...serverTlsOptions(tls),
      handshakeTimeout: headTimeoutMs,
    })
    this.#handshakeInTurn(server)
    server.prependListener('secureConnection', (socket) => {
      this.#arriving.delete(underlying(socket))
      carryResets(socket, underlying(socket))
    })
    return server
  }

  /** Runs handshakes in turns: each needs a signature, and a flood of them would keep all open links waiting. */
  #handshakeInTurn(server: HttpsServer): void {
    const { clock, pending } = this.#options
    const jobsPerSecond = Math.ceil(pending.maxPendingPerAddress * handshakesPerSecond)
    const turns = new Turns({ clock, jobsPerSecond })
    const begin = takeListeners(server)
    const addressOf = (socket: Socket): string | undefined => {
      return this.#pending.countedAddress(this.peerOf(socket).address)
    }
    server.prependListener('secureConnection', (socket) => turns.forgive(addressOf(underlying(socket))))
    server.on('connection', (socket: Socket) => {
      this.#arrived(socket)
      turns.runFor(socket, addressOf(socket), () => {
        for (const listener of begin) listener.call(server, socket)
      })
    })
  }

  #arrived(socket: Socket): void {
    this.#arriving.add(socket)
    socket.once('close', () => this.#arriving.delete(socket))
  }

  /** Reads the PROXY headers before Node's own listeners receive the connections. */
  #expectProxyHeaders(): void {
    const { trusted } = this.#options
    const next = takeListeners(this.server)
    this.server.on('connection', (socket: Socket) => {
      // There are no other listeners yet.
      socket.on('error', ignore)
      if (trusted.isEmpty || trusted.has(socket.remoteAddress)) return this.#readProxyHeader(socket, next)
      this.#refused('proxy-header', socket.remoteAddress, 'PROXY headers are accepted from trusted proxies only')
      socket.destroy()
    })
  }

  #readProxyHeader(socket: Socket, next: readonly ConnectionListener[]): void {
    const onHeader = ({ source }: ProxyHeader): void => {
      if (source !== undefined) {
        this.#sources.set(socket, source)
        this.isFor(socket, source.address)
      }
      this.#arriving.delete(socket)
      socket.off('error', ignore)
      for (const listener of next) listener.call(this.server, socket)
      // TLS takes the remaining bytes by itself, and would find none on a socket that flows.
      if (this.#options.tls === undefined) socket.resume()
    }
    const onFailure = (error: Error): void => {
      const kind = systemCodeOf(error) === 'ERR_TRANSPORT_TIMEOUT' ? 'silent' : 'proxy-header'
      this.#refused(kind, socket.remoteAddress, error.message)
      socket.destroy()
    }
    this.#arrived(socket)
    readProxyHeader(socket, this.#options.headTimeoutMs, onHeader, onFailure)
  }

  /** Handles errors that Node reports: invalid, too large or late requests, and failed TLS handshakes. */
  #clientError(error: Error, stream: Duplex): void {
    const code = systemCodeOf(error)
    // Node ends such a connection without an answer.
    const { authorizationError: fault } = stream as Partial<TLSSocket>
    if (code === 'ECONNRESET' && fault !== undefined && fault !== null) {
      const reason = `the client certificate is not valid (${String(fault)})`
      this.#refused('tls', this.peerOf(stream as Socket).address, reason)
    }
    const { kind, status } =
      refusals[code] ?? (code.startsWith('HPE_') ? badRequest : { kind: undefined, status: undefined })
    if (kind !== undefined) this.#refused(kind, this.peerOf(stream as Socket).address, error.message)
    else if (tlsError.test(code)) this.#refused('tls', this.peerOf(stream as Socket).address, tlsReason(error, code))
    const last = this.#answers.get(stream)
    // An answer is incomplete, or the last one of the connection: ours must not be read as a part of it.
    const isAnswered = last?.writableFinished === false || last?.shouldKeepAlive === false
    if (last !== undefined && hasLeftInPart(last, stream)) return closeStream(stream)
    if (status === undefined || !stream.writable || isAnswered) return void stream.destroy()
    stream.end(textResponse(status, STATUS_CODES[status] ?? ''), () => stream.destroy())
  }

  #refused(kind: RefusalKind, address: string | undefined, reason: string): void {
    this.#options.refusals.add(kind, address, reason)
  }
}

/** Whether a part of an answer has left: its rest is not written yet, or waits in the stream. */
function hasLeftInPart(answer: ServerResponse, stream: Duplex): boolean {
  return answer.headersSent && !answer.writableFinished && (!answer.writableEnded || stream.writableLength > 0)
}

type ConnectionListener = (socket: Socket) => void

/** Removes the listeners for new connections, also Node's own, for a caller that passes connections to them. */
function takeListeners(server: Server): readonly ConnectionListener[] {
  const listeners = server.listeners('connection') as ConnectionListener[]
  server.removeAllListeners('connection')
  return listeners
}

const ignore = (): void => {}

interface HttpRefusal {
  readonly kind: RefusalKind
  readonly status: number | undefined
}

const badRequest: HttpRefusal = { kind: 'bad-request', status: 400 }

const refusals: Readonly<Record<string, HttpRefusal>> = {
  HPE_HEADER_OVERFLOW: { kind: 'head-size', status: 431 },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { kind: 'bad-request', status: 413 },
  // An end before a whole request: no client is left to read an answer.
  HPE_INVALID_EOF_STATE: { kind: 'bad-request', status: undefined },
  ERR_HTTP_REQUEST_TIMEOUT: { kind: 'silent', status: 408 },
  ERR_TLS_HANDSHAKE_TIMEOUT: { kind: 'silent', status: undefined },
}

/**
 * Pattern of real TLS errors. A connection that merely ends during the handshake (ECONNRESET) was a port scan or a
 * health check.
 */
const tlsError = /^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/

function tlsReason(error: Error, code: string): string {
  if (code === 'ERR_SSL_HTTP_REQUEST') return 'HTTP without TLS; clients use wss:// here'
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'the client showed no certificate'
  // OpenSSL's text begins with its own file names; the code has the same information.
  return error.message.includes(code) ? error.message : `the TLS handshake failed (${code})`
}

/** Returns the connection below TLS, for which Node has no public name. */
function underlying(socket: Socket): Socket {
  return (socket as { _parent?: Socket | null })._parent ?? socket
}
