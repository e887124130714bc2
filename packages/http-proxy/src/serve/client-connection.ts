import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeStream, discardStream, type Target } from '@ls/dial'
import { withDeadline } from '../deadline.js'
import { HttpProxyError } from '../errors.js'
import { parseError, type ParserError } from '../message/parse-error.js'
import type { ResolvedHttpProxyOptions } from '../options.js'
import { Origins } from '../origin/origins.js'
import { PendingConnect, type ConnectRequest } from './connect-request.js'
import { headWithoutUpgrade, isHonouredUpgrade } from './exchange-headers.js'
import { Exchange } from './exchange.js'
import { changeIncoming, readFromStream } from './incoming-bytes.js'
import { join } from './join.js'
import { sourceOf } from './own-address.js'
import { RawTargets } from './raw-targets.js'
import { ReadingGate } from './reading-gate.js'
import { endGently, refuse } from './refusal.js'
import { checkConnect } from './request-check.js'
import type { ConnectionContext, ExchangeHost, Turn } from './turn.js'

/**
 * One client's socket. Its requests are served strictly one after the other: pipelined responses stay in order, a
 * request that must not be repeated never overtakes, and one connection per origin is enough.
 */
export class ClientConnection implements ExchangeHost {
  readonly socket: Duplex
  readonly options: ResolvedHttpProxyOptions
  readonly origins: Origins
  /** The account of the request being served. */
  user: string | undefined
  #isProven = false
  readonly #context: ConnectionContext
  readonly #source: Target | undefined
  readonly #turns: Turn[] = []
  readonly #gone = new AbortController()
  readonly #gate: ReadingGate
  readonly #targets: RawTargets
  #releaseBytes: () => void = () => {}
  #state: 'http' | 'detached' | 'tunnel' | 'closing' = 'http'
  #headTimer: NodeJS.Timeout | undefined

  constructor(socket: Duplex, context: ConnectionContext) {
    this.socket = socket
    this.options = context.options
    this.#context = context
    this.#source = sourceOf(socket)
    this.#gate = new ReadingGate(socket)
    this.#targets = new RawTargets(context.options)
    const { maxOrigins, maxResponseHeadBytes } = context.options
    const limits = { maxOrigins, maxHeadBytes: maxResponseHeadBytes }
    this.origins = new Origins((target) => this.#openOrigin(target), limits)
    socket.on('error', () => closeStream(socket))
    socket.on('timeout', () => this.#onTimeout())
    socket.on('end', this.#onEnd)
    socket.once('close', () => this.#onClose())
    this.#awaitHead(this.options.headTimeoutMs)
  }

  /** Reads requests from now on. */
  start(): void {
    this.#releaseBytes = changeIncoming(this.socket, (bytes) => this.#targets.feed(bytes))
    this.#parse()
  }

  /** Whether the client has sent further requests beyond the one being served. */
  get hasMore(): boolean {
    return this.#turns.length > 1
  }

  /** Returns the target of a request as the client sent it. */
  targetOf(request: IncomingMessage): string {
    return this.#targets.restore(request.url ?? '')
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#push(new Exchange(this, request, response, 'plain'))
  }

  onUnmetExpectation(request: IncomingMessage, response: ServerResponse): void {
    const exchange = new Exchange(this, request, response, 'plain')
    exchange.fail(
      new HttpProxyError('ERR_HTTP_PROXY_UNSUPPORTED', 'only Expect: 100-continue is served', { status: 417 }),
    )
    this.#push(exchange)
  }

  onConnect(request: IncomingMessage, head: Buffer): void {
    this.#putBack(head)
    this.#detach(() => this.#connect(request))
  }

  /** Before version 24.9 Node's server detaches the socket at any Upgrade, even one that this proxy ignores. */
  onUpgrade(request: IncomingMessage, head: Buffer): void {
    const honoured = isHonouredUpgrade(request)
    this.#putBack(honoured ? head : Buffer.concat([headWithoutUpgrade(request), head]))
    this.#detach(() => (honoured ? this.#upgrade(request) : this.#parseAgain()))
  }

  onClientError(error: ParserError): void {
    if (this.#state !== 'http' || this.socket.destroyed) return
    if (!error.code?.startsWith('HPE_')) return closeStream(this.socket)
    const refusal = parseError(error, this.options)
    const last = this.#turns.at(-1)
    if (last?.request?.complete === false) return last.fail(refusal)
    this.#detach(() => this.refuse(refusal))
  }

  /** Answers on the bare socket, after which nothing more is read from it. */
  refuse(error: unknown): void {
    this.note(error)
    this.#state = 'closing'
    this.#gate.release()
    this.#stopHeadTimer()
    refuse(this.socket, error)
  }

  /** Called when the client has authenticated, as the account `user` if there are accounts. */
  proven(user: string | undefined): void {
    this.user = user
    if (this.#isProven) return
    this.#isProven = true
    this.options.onProven?.(this.socket)
  }

  /** Logs why a request was not served. */
  note(error: unknown): void {
    const { message, code } =
      error instanceof Error ? (error as Error & { code?: unknown }) : { message: String(error), code: undefined }
    this.options.logger?.debug({ source: this.#source, user: this.user, code }, message)
    this.options.onError?.(error, (this.socket as Partial<Socket>).remoteAddress, this.socket)
  }

  /** Ends HTTP on the socket permanently: all further bytes belong to a tunnel. */
  takeOver(response?: ServerResponse): Duplex {
    this.#state = 'tunnel'
    this.#releaseBytes()
    response?.detachSocket(this.socket as Socket)
    this.socket.off('end', this.#onEnd)
    this.socket.removeAllListeners('drain')
    this.#setIdle(this.options.tunnelIdleMs)
    this.origins.close()
    return this.socket
  }

  endTurn(turn: Turn): void {
    if (this.#turns[0] !== turn) return
    this.#turns.shift()
    // After a response that closes the connection, requests behind it are not served (RFC 9112 §9.6).
    if (this.socket.destroyed || this.socket.writableEnded) return
    if (this.#state === 'http' && this.#turns.length === 0) {
      this.#awaitHead(this.options.idleMs + this.options.headTimeoutMs)
    }
    if (this.#turns.length <= this.options.maxPipelined) this.#gate.open()
    this.#turns[0]?.start()
  }

  #push(turn: Turn): void {
    if (this.#state === 'closing') return
    this.#stopHeadTimer()
    this.#turns.push(turn)
    if (this.#turns.length > this.options.maxPipelined && this.#state === 'http') this.#gate.close()
    if (this.#turns.length === 1) turn.start()
  }

  /** Stops using Node's server; `start` runs once the responses to earlier requests have left. */
  #detach(start: () => void): void {
    if (this.#state === 'closing') return
    this.#state = 'detached'
    this.#gate.release()
    if (this.#turns.length > 0) this.#passOnDrain()
    this.#push({ start, fail: () => {}, cancel: () => {}, request: undefined })
  }

  /** Reports to responses that the socket has drained, which Node's server no longer does. */
  #passOnDrain(): void {
    this.socket.on('drain', () => (this.socket as { _httpMessage?: ServerResponse })._httpMessage?.emit('drain'))
  }

  #connect(request: IncomingMessage): void {
    let connect: PendingConnect
    try {
      const { target, user } = checkConnect(request, this.options)
      this.proven(user)
      connect = new PendingConnect({
        socket: this.socket,
        target,
        user,
        source: this.#source,
        timeoutMs: this.options.dialTimeoutMs,
        onAccept: () => this.takeOver(),
        onReject: (error) => this.note(error),
      })
    } catch (error) {
      return this.refuse(error)
    }
    this.#handConnect(connect)
  }

  #handConnect(connect: PendingConnect): void {
    const handle = this.options.onConnect ?? ((request: ConnectRequest) => void this.#tunnel(request))
    try {
      handle(connect)
    } catch (error) {
      connect.reject(error)
    }
  }

  async #tunnel(request: ConnectRequest): Promise<void> {
    let upstream: Duplex | undefined
    try {
      upstream = await this.#context.dial(request.target, request)
      join(request.accept(), upstream)
    } catch (error) {
      if (upstream !== undefined) discardStream(upstream)
      request.reject(error)
    }
  }

  #upgrade(request: IncomingMessage): void {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(this.socket as Socket)
    this.#passOnDrain()
    response.once('finish', () => endGently(this.socket))
    // This code runs in the last turn; the exchange replaces that turn.
    const exchange = new Exchange(this, request, response, 'upgrade')
    this.#turns[0] = exchange
    exchange.start()
  }

  /** Reads the same request again without its Upgrade, which may be ignored (RFC 9110 §7.8). */
  #parseAgain(): void {
    this.#turns.shift()
    this.#state = 'http'
    this.#awaitHead(this.options.headTimeoutMs)
    this.#parse()
  }

  #parse(): void {
    this.#context.parse(this.socket)
    readFromStream(this.socket)
  }

  /** Puts bytes back immediately: a socket without unread bytes may end at any time, and then accepts none. */
  #putBack(bytes: Buffer): void {
    if (bytes.length > 0 && !this.socket.destroyed) this.socket.unshift(bytes)
  }

  #openOrigin(target: Target): Promise<Duplex> {
    const { dialTimeoutMs } = this.options
    const what = `reaching ${target.host} port ${target.port}`
    const { user } = this
    return withDeadline(
      { what, limitMs: dialTimeoutMs, signal: this.#gone.signal },
      (signal) => this.#context.dial(target, { kind: 'http', source: this.#source, user, signal }),
      discardStream,
    )
  }

  #setIdle(idleMs: number): void {
    const { setTimeout: setIdle } = this.socket as Partial<Socket>
    setIdle?.call(this.socket, idleMs)
  }

  /** Node's own deadlines for heads work only on sockets that its server accepted itself. */
  #awaitHead(limitMs: number): void {
    this.#stopHeadTimer()
    this.#headTimer = setTimeout(() => {
      const text = `no complete request head within ${limitMs} ms`
      this.refuse(new HttpProxyError('ERR_HTTP_PROXY_TIMEOUT', text, { status: 408 }))
    }, limitMs)
  }

  #stopHeadTimer(): void {
    clearTimeout(this.#headTimer)
  }

  readonly #onEnd = (): void => this.#setIdle(this.options.halfClosedIdleMs)

  #onTimeout(): void {
    const turn = this.#state === 'tunnel' ? undefined : this.#turns[0]
    if (turn?.request === undefined) return closeStream(this.socket)
    const text = `no byte either way for ${(this.socket as Socket).timeout} ms`
    turn.fail(new HttpProxyError('ERR_HTTP_PROXY_TIMEOUT', text, { reply: 'timeout' }))
  }

  #onClose(): void {
    this.#stopHeadTimer()
    this.#state = 'closing'
    this.#gone.abort(new HttpProxyError('ERR_HTTP_PROXY_CLOSED', 'the client has gone'))
    for (const turn of this.#turns.splice(0)) turn.cancel()
    this.origins.close()
  }
}
