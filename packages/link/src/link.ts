import { MessageType, peekType } from '@ls/codec'
import { asError, type TimerHandle, loggerOfPart } from '@ls/foundation'
import { type MessageTransport, PeerLostChannels, type Session } from '@ls/mux'
import { ClientError } from './errors.js'
import { type ClientAgreement, openingOf, shakeHands, type ClientResumeKey } from './handshake.js'
import type { LinkHandler, LinkOptions } from './link-options.js'
import { ProbeAnswers } from './probe-answers.js'
import { ReconnectSchedule } from './reconnect-schedule.js'
import type { ResolvedLinkSettings } from './settings.js'
import type { UrgentDialler } from './urgent-dialler.js'

/** One WebSocket to the server, dialled again after each loss; its session survives if the server allows it. */
export class Link {
  /** Receives what happens from now on. At first these are the callbacks of the options. */
  handler: LinkHandler
  readonly #init: LinkOptions
  readonly #settings: ResolvedLinkSettings
  readonly #schedule: ReconnectSchedule
  readonly #stop = new AbortController()
  /** Lost channels whose other ends may still exist at the server. */
  readonly #lostChannels: PeerLostChannels
  /** Undefined until a session has wanted a second WebSocket. */
  #urgent: UrgentDialler | undefined
  #session: Session | undefined
  #resumeKey: ClientResumeKey | undefined
  #timer: TimerHandle | undefined
  /** Time of the next planned attempt. */
  #dueMs = 0
  #dialledAtMs = 0
  #downSinceMs: number | undefined
  /** Whether the current attempt began before the network changed, so its failure does not count. */
  #isOutdated = false
  #wasRefused = false
  #isRetired = false
  #state: 'idle' | 'dialling' | 'up' | 'waiting' | 'ended' = 'idle'

  constructor(init: LinkOptions) {
    this.handler = init
    this.#init = init
    this.#settings = init.settings
    const { clock, reconnectDelayMs, maxReconnectDelayMs } = init.settings
    this.#lostChannels = new PeerLostChannels({ clock })
    this.#schedule = new ReconnectSchedule({ firstMs: reconnectDelayMs, maxMs: maxReconnectDelayMs })
  }

  /** The session of the link, which may be waiting for a resume. */
  get session(): Session | undefined {
    return this.#session
  }

  /** Whether the link has a WebSocket that the server has accepted. */
  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** Dials for the first time. */
  start(): void {
    if (this.#state === 'idle') void this.#dial()
  }

  /**
   * Retries after a possible change of the network: a waiting link dials immediately, and one that is dialling does so
   * again if that fails.
   */
  retryNow(): void {
    this.#isOutdated = this.#state === 'dialling'
    this.#retryWithin(0)
  }

  /** Retries for a request that waits for this link: dials immediately, or soon if it was tried a moment ago. */
  wanted(): void {
    if (this.#wasRefused) return
    this.#retryWithin(Math.max(0, this.#dialledAtMs + wantedGapMs - this.#settings.clock.now()))
  }

  /** Ends the link with its current session, and begins no further one. */
  retire(): void {
    this.#isRetired = true
    if (this.#session === undefined) this.#end(new ClientError('ERR_CLIENT_CLOSED', retiredReason))
  }

  /** Ends the link and its session. */
  close(reason: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#settings.clock.clearTimeout(this.#timer)
    this.#urgent?.cancel()
    this.#stop.abort(new ClientError('ERR_CLIENT_CLOSED', reason))
    this.#session?.close(reason)
  }

  #retryWithin(delayMs: number): void {
    if (this.#state !== 'waiting' || this.#dueMs - this.#settings.clock.now() <= delayMs) return
    this.#settings.clock.clearTimeout(this.#timer)
    if (delayMs === 0) void this.#dial()
    else this.#dialIn(delayMs)
  }

  #dialIn(delayMs: number): void {
    const { clock } = this.#settings
    this.#state = 'waiting'
    this.#dueMs = clock.now() + delayMs
    this.#timer = clock.setTimeout(() => void this.#dial(), delayMs)
  }

  async #dial(): Promise<void> {
    this.#state = 'dialling'
    this.#dialledAtMs = this.#settings.clock.now()
    this.#downSinceMs ??= this.#dialledAtMs
    let transport: MessageTransport | undefined
    const token = this.#init.token.current
    try {
      const opened = await this.#open(token, this.#resumeKey)
      transport = opened.transport
      if (this.#stop.signal.aborted) return transport.destroy()
      if (opened.agreement.token !== undefined) this.#init.token.received(opened.agreement.token)
      this.#up(transport, opened.agreement)
    } catch (error) {
      transport?.destroy()
      this.#failed(asError(error), token)
    }
  }

  /** Opens a WebSocket, the main one or a second one of the session of the resume key. */
  async #open(token: string, resumeKey: ClientResumeKey | undefined, urgent = false): Promise<OpenedLink> {
    const { authenticated, earlyData: opened = false } = this.#init.opener
    const request = { settings: this.#settings, token, instance: this.#init.instance, resumeKey, urgent }
    const firstMessages = opened ? openingOf(request) : []
    const { signal } = this.#stop
    const transport = await this.#init.opener.open({ token, resume: resumeKey?.id, firstMessages, signal })
    try {
      return { transport, agreement: await shakeHands(transport, { ...request, authenticated, opened }) }
    } catch (error) {
      transport.destroy()
      throw error
    }
  }

  /** Opens a second WebSocket, if the session is still linked once the code is there. */
  async #wantUrgent(session: Session): Promise<void> {
    const dial = (each: Session): Promise<MessageTransport> => this.#dialUrgent(each)
    const made = this.#urgent ?? (await this.#init.urgentDialler?.({ clock: this.#settings.clock, dial }))
    this.#urgent ??= made
    this.#urgent?.wanted(session)
  }

  async #dialUrgent(session: Session): Promise<MessageTransport> {
    if (this.#resumeKey?.session !== session) throw new ClientError('ERR_CLIENT_NO_LINK', 'the session is over')
    const { transport } = await this.#open(this.#init.token.current, this.#resumeKey, true)
    return transport
  }

  #up(transport: MessageTransport, agreement: ClientAgreement): void {
    this.#schedule.reset()
    this.#downSinceMs = undefined
    this.#isOutdated = false
    this.#state = 'up'
    const { resumedFrom } = agreement
    if (resumedFrom !== undefined) {
      const session = this.#resumeKey?.session
      if (session !== undefined && this.#attach(session, transport, resumedFrom))
        return this.handler.onUp(session, true, agreement.extensions)
      throw new ClientError('ERR_CLIENT_HANDSHAKE', 'the server resumed a session that this client does not have')
    }
    this.#closeOldSession()
    if (this.#isRetired) return transport.close({ code: sessionOver, reason: retiredReason })
    const session = this.#makeSession(agreement)
    this.#session = session
    this.#resumeKey = agreement.resumeKey === undefined ? undefined : { ...agreement.resumeKey, session }
    this.#attach(session, transport)
    this.#lostChannels.tell(session)
    this.handler.onUp(session, false, agreement.extensions)
  }

  /** Attaches a transport; one that cannot ping gets its heartbeat from the session, if possible. */
  #attach(session: Session, transport: MessageTransport, resumedFrom?: number): boolean {
    const { heartbeat: timing = {}, clock } = this.#settings
    const needsPings = transport.keepalive === undefined && session.options.resume && timing !== false
    const send = (message: Uint8Array): void => session.send(message)
    const pinged = needsPings ? this.#init.addHeartbeat?.(transport, { timing, clock, send }) : undefined
    return session.attach(pinged ?? transport, resumedFrom)
  }

  /** Ends a session that the server no longer has, with its channels. */
  #closeOldSession(): void {
    const old = this.#session
    this.#session = undefined
    old?.close('the server no longer has the session')
    if (this.#isRetired) this.#end(new ClientError('ERR_CLIENT_CLOSED', retiredReason))
  }

  #makeSession({ extensions, windowBytes, peerWindowBytes, graceMs }: ClientAgreement): Session {
    const probes = new ProbeAnswers(this.#settings.clock)
    const startWindowBytes = Math.max(this.#settings.windowBytes, windowBytes)
    const session: Session = this.#init.makeSession(
      {
        ...this.#settings,
        extensions,
        ...(extensions.length === 0 ? {} : { windowBytes, startWindowBytes, graceMs }),
        peerWindowBytes,
        compressor: this.#init.compressor ?? this.#settings.compressor,
      },
      {
        ...this.#init.sessionHandler,
        onMessage: (message) => {
          const answer = probes.answerTo(message)
          if (answer !== undefined) session.send(answer)
          else if (peekType(message) === MessageType.Relink) this.handler.onRelink?.(session, message)
          else this.handler.onMessage?.(session, message)
        },
        onLossy: () => void this.#wantUrgent(session),
        onUnlinked: ({ reason }) => {
          this.#urgent?.cancel()
          this.#lost(session, reason)
        },
        onClose: (reason, lost) => {
          this.#urgent?.cancel()
          this.#lostChannels.remember(lost)
          this.#closed(session, reason)
        },
      },
    )
    return session
  }

  /** Called when the WebSocket is closed and the session waits: dials immediately, to keep the interruption short. */
  #lost(session: Session, reason: string): void {
    if (session !== this.#session || this.#state !== 'up') return
    this.handler.onDown?.(reason)
    if (this.#settings.reconnect) void this.#dial()
    else session.close(reason)
  }

  #closed(session: Session, reason: string): void {
    this.handler.onClosed(session, reason)
    if (session !== this.#session) return
    this.#session = undefined
    this.#resumeKey = undefined
    if (this.#isRetired) return this.#end(new ClientError('ERR_CLIENT_CLOSED', reason))
    if (this.#state !== 'up') return
    this.handler.onDown?.(reason)
    this.#again(new ClientError('ERR_CLIENT_NO_LINK', `the link was lost: ${reason}`))
  }

  #failed(error: Error, token: string): void {
    if (this.#state === 'ended') return
    this.#wasRefused = error instanceof ClientError && error.code === 'ERR_CLIENT_REFUSED'
    if (this.#wasRefused && this.#init.token.refused(token)) this.#wasRefused = false
    if (this.#wasRefused && !this.#settings.retryAuth) return this.#end(error)
    this.#again(error)
  }

  #again(error: Error): void {
    if (!this.#settings.reconnect) return this.#end(error)
    const delayMs = this.#isOutdated ? 0 : this.#delayMs()
    this.#isOutdated = false
    const when = delayMs === 0 ? 'now' : `in ${(delayMs / 1000).toFixed(1)} s`
    const text = `no link: ${error.message}; trying again ${when}`
    loggerOfPart(this.#settings.logger, 'link').warn({ reason: error.message, retryInMs: delayMs }, text)
    this.handler.onFailed?.(error)
    this.#dialIn(delayMs)
  }

  #delayMs(): number {
    const now = this.#settings.clock.now()
    const downMs = now - (this.#downSinceMs ??= now)
    const resuming = this.#resumeKey !== undefined || this.#lostChannels.awaits
    return this.#schedule.next({ downMs, resuming, refused: this.#wasRefused })
  }

  #end(error: Error): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#settings.clock.clearTimeout(this.#timer)
    this.#stop.abort(error)
    this.#session?.close(error.message)
    this.handler.onEnd(error)
  }
}

interface OpenedLink {
  readonly transport: MessageTransport
  readonly agreement: ClientAgreement
}

/** Close code that ends the session permanently (protocol.md §1.7). */
const sessionOver = 4000

const retiredReason = 'the link has a successor'

/** Least time between two attempts caused by proxy requests, in milliseconds. */
const wantedGapMs = 250
