import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { closeStream, type Dial, discardStream } from '@ls/dial'
import { RenewedMap } from '@ls/foundation'
import type { DialInfo } from '../dial-direct.js'
import { HttpProxyError } from '../errors.js'
import { resolveOptions, type HttpProxyOptions, type ResolvedHttpProxyOptions } from '../options.js'
import { ClientConnection } from './client-connection.js'
import { isHonouredUpgrade } from './exchange-headers.js'
import { refuse } from './refusal.js'
import type { ConnectionContext } from './turn.js'

/**
 * Serves HTTP proxy clients on sockets that the caller accepted.
 *
 * @example
 * ```ts
 * const proxy = new HttpProxy({ accounts: [{ username: 'ann', password: 'secret' }] }, dialDirect)
 * net.createServer({ allowHalfOpen: true }, (socket) => proxy.serve(socket)).listen(3128)
 * ```
 */
export class HttpProxy {
  readonly #options: ResolvedHttpProxyOptions
  readonly #http: HttpServer
  readonly #context: ConnectionContext
  readonly #connections = new RenewedMap<Duplex, ClientConnection>()
  #state: 'open' | 'closed' = 'open'
  /** Calls of `close` that wait for the last client. */
  readonly #closing = new Set<() => void>()

  /** @throws {TypeError | RangeError} for options out of range. */
  constructor(options: HttpProxyOptions, dial: Dial<Duplex, DialInfo>) {
    if (typeof dial !== 'function') throw new TypeError('dial must be a function')
    this.#options = resolveOptions(options)
    this.#http = this.#createParser()
    this.#context = { options: this.#options, dial, parse: (socket) => void this.#http.emit('connection', socket) }
  }

  /** Number of open client sockets, tunnels included. */
  get connections(): number {
    return this.#connections.size
  }

  /**
   * Serves a socket until it closes; the proxy owns it from now on.
   *
   * @param head Bytes that were read from it already.
   */
  serve(socket: Duplex, head?: Uint8Array): void {
    if (socket.destroyed || socket.readableEnded || this.#state === 'closed') return discardStream(socket)
    if (this.#connections.size >= this.#options.maxConnections) return this.#turnAway(socket)
    socket.allowHalfOpen = true
    const connection = new ClientConnection(socket, this.#context)
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#forget(socket))
    if (head !== undefined && head.length > 0) socket.unshift(head)
    connection.start()
    // Code that read the first bytes may have paused it.
    if (socket.isPaused()) socket.resume()
  }

  /** Cuts every client; resolves when all are gone. Sockets served later are cut immediately. */
  async close(): Promise<void> {
    this.#state = 'closed'
    for (const [socket] of this.#connections) closeStream(socket)
    if (this.#connections.size > 0) await new Promise<void>((resolve) => this.#closing.add(resolve))
  }

  /**
   * Creates Node's server as a parser: it never listens. Its own deadlines work only on a listening server, so they are
   * off.
   */
  #createParser(): HttpServer {
    const { maxHeadBytes, idleMs, exchangeIdleMs } = this.#options
    const http = createHttpServer({
      ...ofNewerNodes,
      insecureHTTPParser: false,
      maxHeaderSize: maxHeadBytes,
      keepAliveTimeout: idleMs,
      headersTimeout: 0,
      requestTimeout: 0,
      // This proxy checks it, with its own text.
      requireHostHeader: false,
    })
    http.timeout = exchangeIdleMs
    http.maxHeadersCount = 0
    // A client may end its side behind its last request and still wait for the response.
    Object.assign(http, { httpAllowHalfOpen: true })
    http.on('request', (request, response) => this.#of(request.socket)?.onRequest(request, response))
    http.on('checkContinue', (request, response) => this.#of(request.socket)?.onRequest(request, response))
    http.on('checkExpectation', (request, response) => this.#of(request.socket)?.onUnmetExpectation(request, response))
    http.on('connect', (request, socket, head) => this.#of(socket)?.onConnect(request, head))
    http.on('upgrade', (request, socket, head) => this.#of(socket)?.onUpgrade(request, head))
    // With a listener Node leaves the socket alone; the connection has seen the event by itself.
    http.on('timeout', () => {})
    http.on('clientError', (error, socket) => this.#of(socket)?.onClientError(error))
    return http
  }

  #of(socket: Duplex): ClientConnection | undefined {
    return this.#connections.get(socket)
  }

  #forget(socket: Duplex): void {
    this.#connections.delete(socket)
    if (this.#connections.size > 0) return
    for (const resolve of this.#closing) resolve()
    this.#closing.clear()
  }

  #turnAway(socket: Duplex): void {
    const text = `the proxy serves ${this.#options.maxConnections} connections already`
    this.#options.logger?.debug({}, text)
    socket.on('error', () => closeStream(socket))
    refuse(socket, new HttpProxyError('ERR_HTTP_PROXY_BUSY', text, { status: 503 }))
  }
}

/** Works from Node 24.9 on; earlier versions report every Upgrade as an upgrade. */
const ofNewerNodes = { shouldUpgradeCallback: isHonouredUpgrade }
