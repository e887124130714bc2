import { newChannelId, type Protocol } from '@ls/codec'
import { type Clock, type Logger, systemClock } from '@ls/foundation'
import { ClientError, Link, type LinkOpener, type LinkSettings, resolveLinkSettings, ShownToken } from '@ls/link'
import type { MovingLink, MovingLinkOptions } from '@ls/link/linked'
import { type Channel, type Session, SessionOfParts } from '@ls/mux'
import { WebError } from './errors.js'
import type { FetchOptions } from './http/fetch.js'
import { lateCode } from './link/late-code.js'
import { addHeartbeat } from './link/late-heartbeat.js'
import type { MoveRequest } from './link/once-linked.js'
import { PageParts } from './link/page-parts.js'
import type { IncomingConnection, provide } from './link/provide.js'
import { type PageEvents, WakeDetector } from './link/wake-detector.js'
import { linkUrl, webSocketOpener, type WebSocketConstructor } from './link/websocket-opener.js'
import { type Deferred, deferred } from './sockets/deferred.js'
import { type ChannelSource, TcpSocket } from './sockets/tcp-socket.js'
import { UdpSocket } from './sockets/udp-socket.js'

/** Options of {@link connect}. */
export interface WebLinkOptions extends Pick<
  LinkSettings,
  | 'token'
  | 'threads'
  | 'graceMs'
  | 'windowBytes'
  | 'maxWindowBytes'
  | 'budgetBytes'
  | 'reconnect'
  | 'retryAuth'
  | 'heartbeat'
  | 'handshakeTimeoutMs'
> {
  /**
   * Role of the page: `client` and `connector` open connections at the other side; a `provider` accepts those that its
   * connectors open, with `onConnect`. @default 'client'
   */
  readonly role?: 'client' | 'connector' | 'provider' | undefined
  /** Accepts or refuses a connection (provider). @default refuses each */
  readonly onConnect?: ((connection: IncomingConnection) => void) | undefined
  /** Cancels the opening of the first link, or closes the link later. */
  readonly signal?: AbortSignal | undefined
  /** How long a new connection waits while no link is up, in milliseconds. @default 10000 */
  readonly linkWaitMs?: number | undefined
  /** Class that opens WebSockets. @default the page's own */
  readonly WebSocket?: WebSocketConstructor | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the page's clock */
  readonly clock?: Clock | undefined
}

/** Target of a TCP connection. */
export interface TcpTarget {
  /** Name, which the far side resolves, or address. */
  readonly host: string
  /** Port, 1 to 65535. */
  readonly port: number
  /** Resets the connection. */
  readonly signal?: AbortSignal | undefined
}

/** Links of a page to a server. Created by {@link connect}. */
export class WebLink {
  /** Resolves when it has ended for good: with the reason, or with undefined after {@link close}. */
  readonly closed: Promise<Error | undefined>
  readonly #closed = deferred<Error | undefined>()
  readonly #options: WebLinkOptions
  readonly #links: (Link | MovingLink)[]
  readonly #parts = new PageParts()
  readonly #wake: WakeDetector
  readonly #clock: Clock
  /** Sessions that can open channels. */
  readonly #sessions: Session[] = []
  /** Connections that wait for a link. */
  readonly #waiting = new Set<Deferred<Session>>()
  /** Code of a provider; undefined in other roles. */
  #provide: typeof provide | undefined
  #turn = 0
  #ended: Error | undefined

  /** @throws RangeError for an invalid URL or setting */
  constructor(url: string | URL, options: WebLinkOptions) {
    this.#options = options
    this.closed = this.#closed.promise
    const settings = resolveLinkSettings({ ...options, reverse: options.role === 'provider' })
    this.#clock = options.clock ?? systemClock
    const opener = webSocketOpener({
      url: linkUrl(url),
      extensions: settings.extensions,
      clock: this.#clock,
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
    })
    const token = new ShownToken({ settings })
    const instance = newChannelId()
    this.#links = Array.from({ length: settings.threads }, () => this.#makeLink({ settings, opener, token, instance }))
    const events = 'addEventListener' in globalThis ? (globalThis as unknown as PageEvents) : undefined
    this.#wake = new WakeDetector({ clock: this.#clock, events, onWake: () => this.#woke() })
    onAbort(options.signal, this.closed, () => this.close())
  }

  /** Whether a link is up. */
  get isUp(): boolean {
    return this.#links.some(({ isUp }) => isUp)
  }

  /** Opens a TCP connection; its streams may be used immediately. */
  openTcp({ host, port, signal }: TcpTarget): TcpSocket {
    const address = { host, port }
    const socket = new TcpSocket(address, this.#source({ protocol: 'tcp', address }), { ownsMemory: true })
    onAbort(signal, socket.closed, (reason) => socket.close(reason))
    return socket
  }

  /** Opens a UDP association, with one target or with one for each datagram. */
  openUdp({ host, port, signal }: Partial<TcpTarget> = {}): UdpSocket {
    const target = host === undefined || port === undefined ? undefined : { host, port }
    const socket = new UdpSocket(target, this.#source({ protocol: 'udp' }))
    onAbort(signal, socket.closed, () => socket.close())
    return socket
  }

  /**
   * Sends a request to an HTTP server over its own connection, like `fetch`. For `http:` only. The first request loads
   * the code for HTTP, so that pages without requests need not load it.
   *
   * @throws WebError ERR_WEB_HTTP when the answer is no HTTP; ERR_WEB_REFUSED when the server was not reached
   */
  async fetch(input: string | URL, options: FetchOptions = {}): Promise<Response> {
    const { fetchOver } = await import('./http/fetch.js')
    return fetchOver({ openTcp: (target) => this.openTcp(target), Failure: WebError }, input, options)
  }

  /** Ends all links and connections. */
  close(): void {
    this.#end(undefined)
  }

  /** Loads the code of a provider, dials, and resolves when the first link is up. */
  async start(): Promise<void> {
    this.#options.signal?.throwIfAborted()
    if (this.#options.role === 'provider') this.#provide = (await import('./link/provide.js')).provide
    for (const link of this.#links) link.start()
    await this.#session()
  }

  #source(request: {
    readonly protocol: Protocol
    readonly address?: { host: string; port: number } | undefined
  }): ChannelSource {
    return async (handler) => {
      const channel = (await this.#session()).open(request)
      channel.setHandler(handler)
      return channel
    }
  }

  /** Resolves with the next session in turn, when there is one. */
  #session(): Promise<Session> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const up = this.#sessions.filter(({ state }) => state === 'linked')
    const sessions = up.length > 0 ? up : this.#sessions
    const session = sessions[this.#turn++ % Math.max(1, sessions.length)]
    if (session !== undefined) return Promise.resolve(session)
    for (const link of this.#links) link.wanted()
    return this.#nextSession(this.#options.linkWaitMs ?? 10_000)
  }

  async #nextSession(waitMs: number): Promise<Session> {
    const waiting = deferred<Session>()
    this.#waiting.add(waiting)
    const timer = this.#clock.setTimeout(() => {
      waiting.reject(new WebError('ERR_WEB_UNREACHABLE', `no link to the server was up within ${waitMs} ms`))
    }, waitMs)
    try {
      return await waiting.promise
    } finally {
      this.#clock.clearTimeout(timer)
      this.#waiting.delete(waiting)
    }
  }

  #makeLink(init: {
    readonly settings: ReturnType<typeof resolveLinkSettings>
    readonly opener: LinkOpener
    readonly token: ShownToken
    readonly instance: Uint8Array
  }): Link {
    const forget = (session: Session): unknown => this.#sessions.splice(this.#sessions.indexOf(session) >>> 0, 1)
    const options: MovingLinkOptions = {
      ...init,
      makeLink: (each) => new Link(each),
      makeSession: (each, handler) => new SessionOfParts(each, handler, this.#parts),
      urgentDialler: async (each) => {
        const code = await lateCode({ ...init.settings, isWanted: () => this.#ended === undefined })
        return code?.urgentDialler(each, this.#parts)
      },
      addHeartbeat: (transport, heartbeat) => addHeartbeat(transport, heartbeat, init.settings),
      sessionHandler: { onConnect: (channel) => this.#incoming(channel) },
      onRelink: (session, request) => void this.#move({ links: this.#links, link, options, session, request }),
      onUp: (session, resumed) => this.#up(session, resumed),
      onReplaced: forget,
      onClosed: forget,
      onEnd: (error) => this.#end(error),
    }
    const link = new Link(options)
    return link
  }

  /** Moves a link as its server asks. The code is there already where the link has a heartbeat. */
  async #move(request: MoveRequest): Promise<void> {
    const { session, options } = request
    const code = await lateCode({ ...options.settings, isWanted: () => session.state !== 'closed' })
    code?.move(request)
  }

  #up(session: Session, resumed: boolean): void {
    if (!resumed) this.#sessions.push(session)
    for (const { resolve } of this.#waiting) resolve(session)
  }

  #incoming(channel: Channel): void {
    const { onConnect } = this.#options
    if (onConnect === undefined || this.#provide === undefined)
      return channel.reject('forbidden: this page takes no connections')
    this.#provide(channel, onConnect, TcpSocket)
  }

  /**
   * Checks the links after a wake: existing connections are likely dead, and no event would report it for a minute.
   * With resume a false alarm costs little.
   */
  #woke(): void {
    for (const session of this.#sessions) if (session.options.resume) session.detach()
    for (const link of this.#links) link.retryNow()
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return
    this.#ended = error ?? new ClientError('ERR_CLIENT_CLOSED', 'the link was closed')
    this.#wake.stop()
    for (const link of this.#links.splice(0)) link.close(this.#ended.message)
    for (const { reject } of this.#waiting) reject(this.#ended)
    this.#closed.resolve(error)
  }
}

/**
 * Calls `abort` when the signal aborts, and removes the listener when `over` settles: the signal may exist for long.
 */
function onAbort(signal: AbortSignal | undefined, over: Promise<unknown>, abort: (reason: unknown) => void): void {
  if (signal === undefined) return
  if (signal.aborted) return abort(signal.reason)
  const onSignal = (): void => abort(signal.reason)
  signal.addEventListener('abort', onSignal)
  const letGo = (): void => signal.removeEventListener('abort', onSignal)
  over.then(letGo, letGo)
}

/**
 * Links a page to a server; resolves when the link is up. After a loss, the link and its connections are restored
 * automatically.
 *
 * @throws ClientError ERR_CLIENT_REFUSED for a wrong token, WebError ERR_WEB_UNREACHABLE when no link comes up in time;
 * RangeError for an invalid URL; the error of `import()` when the code of a provider cannot be loaded
 *
 * @example
 * const link = await connect('wss://example.org', { token: 'secret' })
 * const { readable, writable } = link.openTcp({ host: 'db.internal', port: 5432 })
 */
export async function connect(url: string | URL, options: WebLinkOptions = {}): Promise<WebLink> {
  const link = new WebLink(url, options)
  try {
    await link.start()
    return link
  } catch (error) {
    link.close()
    throw error
  }
}
