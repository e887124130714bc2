import type { Extension } from '@ls/codec'
import { type NameResolver, resolversFor } from '@ls/dial'
import { asError, type TimerHandle } from '@ls/foundation'
import { nodeCompressor } from '@ls/codec/node'
import { LostChannels, type MessageTransport, Session, type SessionHandler } from '@ls/mux'
import {
  connect,
  type ConnectOptions,
  formatAuthQuery,
  parseServerUrl,
  requestPathOf,
  splitEarlyData,
} from '@ls/transport'
import type { SessionCounts } from '@ls/relay'
import { ClientError } from './errors.js'
import { type Agreement, openingOf, shakeHands, type Ticket } from './handshake.js'
import type { ResolvedClientOptions } from './options.js'
import { PingedTransport } from './pinged-transport.js'
import { ProbeAnswers } from './probe-answers.js'
import { ReconnectSchedule } from './reconnect.js'
import type { ServerDial } from './server-dial.js'
import type { ShownToken } from './shown-token.js'

export interface LinkOptions {
  readonly options: ResolvedClientOptions
  /** The same for all links of the client. */
  readonly token: ShownToken
  /** 16 bytes that name this process, the same for all its links. */
  readonly instance: Uint8Array
  /** How to reach the server, if not by plain TCP. */
  readonly serverDial: ServerDial
  /** Opens the WebSocket; tests pass an in-memory transport. @default the transport package's `connect` */
  readonly connect?: (options: ConnectOptions) => Promise<MessageTransport>
  /** Serves requests of the server on this link. */
  readonly sessionHandler: Pick<SessionHandler, 'onConnect' | 'onChannelClosed'>
  readonly counts: SessionCounts
  /** The server sent a message that belongs to no channel. */
  onMessage(session: Session, message: Uint8Array): void
  /** The link is up, with a new session or a resumed one, and these extensions. */
  onUp(session: Session, resumed: boolean, agreed: readonly Extension[]): void
  /** The WebSocket is gone; the session waits for the next one, or `onClosed` follows. */
  onDown(reason: string): void
  /** An attempt failed, and another one will be made. */
  onFailed(error: Error): void
  /** A session is over, with its channels. */
  onClosed(session: Session, reason: string): void
  /** The link is down for good. */
  onEnd(error: Error): void
}

/** One WebSocket to the server, dialled again after each loss; its session survives if the server allows it. */
export class Link {
  readonly #init: LinkOptions
  readonly #options: ResolvedClientOptions
  readonly #url: URL
  readonly #earlyDataBytes: number
  readonly #schedule: ReconnectSchedule
  readonly #resolver: NameResolver
  readonly #stop = new AbortController()
  /** Lost channels, of which the server may keep its ends. */
  readonly #lostChannels: LostChannels
  #session: Session | undefined
  #ticket: Ticket | undefined
  #timer: TimerHandle | undefined
  /** Time of the next planned attempt. */
  #dueMs = 0
  #dialledAtMs = 0
  #downSinceMs: number | undefined
  /** The current attempt began before the network changed, so its failure means nothing. */
  #isOutdated = false
  #wasRefused = false
  #state: 'idle' | 'dialling' | 'up' | 'waiting' | 'ended' = 'idle'

  /** @throws TransportError ERR_TRANSPORT_BAD_URL when the server's URL is not one */
  constructor(init: LinkOptions) {
    this.#init = init
    this.#options = init.options
    const { url, earlyDataBytes = init.options.earlyDataBytes ?? 0 } = splitEarlyData(parseServerUrl(init.options.url))
    this.#url = url
    this.#earlyDataBytes = earlyDataBytes
    this.#lostChannels = new LostChannels({ clock: init.options.clock })
    this.#resolver = resolversFor(init.options.dns).servers
    this.#schedule = new ReconnectSchedule({
      firstMs: init.options.reconnectDelayMs,
      maxMs: init.options.maxReconnectDelayMs,
    })
  }

  get session(): Session | undefined {
    return this.#session
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** Dials for the first time. */
  start(): void {
    if (this.#state === 'idle') void this.#dial()
  }

  /** The network may be back: a waiting link dials at once, and one that is dialling does so again if that fails. */
  retryNow(): void {
    this.#isOutdated = this.#state === 'dialling'
    this.#retryWithin(0)
  }

  /** A request waits for this link: it dials at once, or soon if it was tried a moment ago. */
  wanted(): void {
    if (this.#wasRefused) return
    this.#retryWithin(Math.max(0, this.#dialledAtMs + wantedGapMs - this.#options.clock.now()))
  }

  /** Ends the link and its session. */
  close(reason: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#options.clock.clearTimeout(this.#timer)
    this.#stop.abort(new ClientError('ERR_CLIENT_CLOSED', reason))
    this.#session?.close(reason)
  }

  #retryWithin(delayMs: number): void {
    if (this.#state !== 'waiting' || this.#dueMs - this.#options.clock.now() <= delayMs) return
    this.#options.clock.clearTimeout(this.#timer)
    if (delayMs === 0) void this.#dial()
    else this.#dialIn(delayMs)
  }

  #dialIn(delayMs: number): void {
    const { clock } = this.#options
    this.#state = 'waiting'
    this.#dueMs = clock.now() + delayMs
    this.#timer = clock.setTimeout(() => void this.#dial(), delayMs)
  }

  async #dial(): Promise<void> {
    this.#state = 'dialling'
    this.#dialledAtMs = this.#options.clock.now()
    this.#downSinceMs ??= this.#dialledAtMs
    let transport: MessageTransport | undefined
    const token = this.#init.token.current
    try {
      const url = this.#address(token)
      const request = { options: this.#options, token, instance: this.#init.instance, ticket: this.#ticket }
      const opened = this.#earlyDataBytes > 0
      const early = opened ? { firstMessages: openingOf(request), earlyDataBytes: this.#earlyDataBytes } : {}
      transport = await (this.#init.connect ?? this.#options.connect ?? connect)({
        ...this.#connectOptions(url),
        ...early,
        url,
      })
      const authenticated = url.searchParams.has('token')
      const agreement = await shakeHands(transport, { ...request, authenticated, opened })
      if (this.#stop.signal.aborted) return transport.destroy()
      if (agreement.token !== undefined) this.#init.token.received(agreement.token)
      this.#up(transport, agreement)
    } catch (error) {
      transport?.destroy()
      this.#failed(asError(error), token)
    }
  }

  #address(token: string): URL {
    const url = this.#url
    const { reverse, extensions } = this.#options
    const resume = this.#ticket?.id
    // The query is for `/socket`, the path of deployed servers. On other paths, and for servers that take early data,
    // the token stays out of URLs and their logs.
    const byQuery = isSocketPath(requestPathOf(url)) && this.#earlyDataBytes === 0
    const identity = byQuery ? { token, reverse, instance: this.#init.instance } : {}
    return formatAuthQuery(url, { ...identity, extensions, ...(resume === undefined ? {} : { resume }) })
  }

  #connectOptions(url: URL) {
    const { logger, heartbeat, proxyFromEnvironment, transport } = this.#options
    const dial = this.#init.serverDial(url)
    return {
      resolver: this.#resolver,
      ...transport,
      ...(dial === undefined ? {} : { dial }),
      signal: this.#stop.signal,
      logger,
      ...(heartbeat === undefined ? {} : { heartbeat }),
      ...(proxyFromEnvironment === undefined ? {} : { proxyFromEnvironment }),
    }
  }

  #up(transport: MessageTransport, agreement: Agreement): void {
    this.#schedule.reset()
    this.#downSinceMs = undefined
    this.#isOutdated = false
    this.#state = 'up'
    const { resumedFrom } = agreement
    if (resumedFrom !== undefined) {
      const session = this.#ticket?.session
      if (session !== undefined && this.#attach(session, transport, resumedFrom))
        return this.#init.onUp(session, true, agreement.extensions)
      throw new ClientError('ERR_CLIENT_HANDSHAKE', 'the server went on elsewhere')
    }
    this.#closeOldSession()
    const session = this.#makeSession(agreement)
    this.#session = session
    this.#ticket = agreement.ticket === undefined ? undefined : { ...agreement.ticket, session }
    this.#attach(session, transport)
    this.#lostChannels.tell(theServer, session)
    this.#init.onUp(session, false, agreement.extensions)
  }

  /** A transport that cannot ping gets its heartbeat from the session, if possible. */
  #attach(session: Session, transport: MessageTransport, resumedFrom?: number): boolean {
    const { heartbeat: timing = {}, clock } = this.#options
    const needsPings = transport.keepalive === undefined && session.options.resume && timing !== false
    const send = (message: Uint8Array): void => session.send(message)
    return session.attach(needsPings ? new PingedTransport(transport, { timing, clock, send }) : transport, resumedFrom)
  }

  /** A session that the server no longer knows ends with its channels. */
  #closeOldSession(): void {
    const old = this.#session
    this.#session = undefined
    old?.close('the server no longer knows the session')
  }

  #makeSession({ extensions, windowBytes, peerWindowBytes, graceMs }: Agreement): Session {
    const probes = new ProbeAnswers(this.#options.clock)
    const startWindowBytes = Math.max(this.#options.windowBytes, windowBytes)
    const session: Session = new Session(
      {
        ...this.#options,
        extensions,
        ...(extensions.length === 0 ? {} : { windowBytes, startWindowBytes, graceMs }),
        ...(peerWindowBytes === undefined ? {} : { peerWindowBytes }),
        compressor: nodeCompressor,
      },
      {
        ...this.#init.sessionHandler,
        onMessage: (message) => {
          const answer = probes.answerTo(message)
          if (answer === undefined) this.#init.onMessage(session, message)
          else session.send(answer)
        },
        onLinked: () => this.#init.counts.linked(session),
        onUnlinked: ({ reason }) => {
          this.#init.counts.unlinked(session)
          this.#lost(session, reason)
        },
        onClose: (reason, lost) => {
          this.#init.counts.closed(session)
          this.#lostChannels.remember(theServer, lost)
          this.#closed(session, reason)
        },
      },
    )
    return session
  }

  /** The WebSocket is gone and the session waits: dials at once, since every moment counts. */
  #lost(session: Session, reason: string): void {
    if (session !== this.#session || this.#state !== 'up') return
    this.#init.onDown(reason)
    if (this.#options.reconnect) void this.#dial()
    else session.close(reason)
  }

  #closed(session: Session, reason: string): void {
    this.#init.onClosed(session, reason)
    if (session !== this.#session) return
    this.#session = undefined
    this.#ticket = undefined
    if (this.#state !== 'up') return
    this.#init.onDown(reason)
    this.#again(new ClientError('ERR_CLIENT_NO_LINK', `the link was lost: ${reason}`))
  }

  #failed(error: Error, token: string): void {
    if (this.#state === 'ended') return
    this.#wasRefused = error instanceof ClientError && error.code === 'ERR_CLIENT_REFUSED'
    if (this.#wasRefused && this.#init.token.refused(token)) this.#wasRefused = false
    if (this.#wasRefused && !this.#options.retryAuth) return this.#end(error)
    this.#again(error)
  }

  #again(error: Error): void {
    if (!this.#options.reconnect) return this.#end(error)
    const delayMs = this.#isOutdated ? 0 : this.#delayMs()
    this.#isOutdated = false
    const when = delayMs === 0 ? 'now' : `in ${(delayMs / 1000).toFixed(1)} s`
    const text = `no link: ${error.message}; trying again ${when}`
    this.#options.logger.warn({ reason: error.message, retryInMs: delayMs }, text)
    this.#init.onFailed(error)
    this.#dialIn(delayMs)
  }

  #delayMs(): number {
    const now = this.#options.clock.now()
    const downMs = now - (this.#downSinceMs ??= now)
    const resuming = this.#ticket !== undefined || this.#lostChannels.awaits(theServer)
    return this.#schedule.next({ downMs, resuming, refused: this.#wasRefused })
  }

  #end(error: Error): void {
    this.#state = 'ended'
    this.#session?.close(error.message)
    this.#init.onEnd(error)
  }
}

/** The one peer of a link. */
const theServer = ''

/** Least time between two attempts caused by proxy requests, in milliseconds. */
const wantedGapMs = 250

function isSocketPath(path: string): boolean {
  return path === '/socket' || path === '/socket/'
}
