import type { Duplex } from 'node:stream'
import { type Clock, Pause } from '@ls/foundation'
import { PingedTransport } from '@ls/link'
import { type MessageTransport, Session, type SessionHandler } from '@ls/mux'
import { streamTransport } from '@ls/mux/duplex'
import { DirectError } from './errors.js'
import type { Purpose } from './greeting.js'
import { Conversation, introduce, type ConnectorGreeting, moveOver, offerPath } from './handshake.js'
import { Proof, randomId, type SharedSecret } from './proof.js'
import type { OutgoingPath, PathProtocol, Puncher } from './puncher.js'
import { type DirectSessionOptions, type MovingSession, type Path, sessionTerms } from './session-terms.js'
import { maxChannelMessageBytes } from './udp/channel-transport.js'

/** Options of a {@link DirectConnector}. */
export interface DirectConnectorOptions extends SharedSecret {
  /** Source of time and timers. */
  readonly clock: Clock
  /** Limits of its session. */
  readonly session: DirectSessionOptions
  /** Creates the connections. */
  readonly puncher: Puncher
  /** Opens a channel to the provider through the relay, to the reserved target. */
  openTunnel(signal: AbortSignal): Promise<Duplex>
  /** Whether connections may continue through the relay when the path is lost. */
  readonly allowRelay: boolean
  /**
   * Whether a path to the provider of this name is wanted; undefined for a provider without one. @default any
   */
  readonly accepts?: ((provider: string | undefined) => boolean) | undefined
  /** Receives the events of channels. */
  readonly sessionHandler: Pick<SessionHandler, 'onChannelOpened' | 'onChannelClosed'>
  /** Called when the path of new channels has changed, with the reason, and the protocol of a direct one. */
  onPath(path: Path, reason: string, protocol?: PathProtocol): void
  /** Called when a path could not be opened; another attempt follows. */
  onFailed(error: Error): void
}

/** Delay before the next attempt for a path, in milliseconds; it doubles up to a minute. */
const firstDelayMs = 1000
const maxDelayMs = 60_000
/** Delay while connections are blocked, in milliseconds. */
const urgentDelayMs = 250

/** The connector's end of a direct path: opens it, and moves its session between it and the relay. */
export class DirectConnector {
  readonly #options: DirectConnectorOptions
  readonly #proof: Proof
  readonly #stop = new AbortController()
  readonly #pause: Pause
  #id = ''
  #moving: MovingSession | undefined
  #path: Path = 'relay'
  #failures = 0
  #isRunning = false
  #provider: string | undefined

  constructor(options: DirectConnectorOptions) {
    this.#options = options
    this.#proof = new Proof(options)
    this.#pause = new Pause(options.clock)
  }

  /** Session for new channels; undefined while there is no direct path, or the path is silent. */
  get direct(): Session | undefined {
    const { session, path } = this.#moving ?? {}
    return path === 'direct' && session?.linked === true && !session.overdue ? session : undefined
  }

  /** Protocol of its direct path, while it has one. */
  get protocol(): PathProtocol | undefined {
    return this.direct && this.#moving?.protocol
  }

  /** Its session, over either path, until it has ended. */
  get session(): Session | undefined {
    return this.#moving?.session
  }

  /** Name of the provider that its session belongs to, if known. */
  get provider(): string | undefined {
    return this.#provider
  }

  /** Path of new channels. */
  get path(): Path {
    return this.#path
  }

  /** Starts to look for a path, immediately if it waits: the link to the relay is up. */
  start(): void {
    this.#failures = 0
    this.#pause.end()
    if (this.#isRunning || this.#stop.signal.aborted) return
    this.#isRunning = true
    void this.#run()
  }

  /** Ends its session. */
  close(reason: string): void {
    this.#stop.abort(new DirectError('ERR_DIRECT_PATH', reason))
    this.#moving?.session.close(reason)
    this.#pause.end()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#standsStill && this.#options.allowRelay) await this.#overRelay()
        await this.#overDirect()
        this.#failures = 0
        while (this.#moving?.path === 'direct') await this.#pause.wait()
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#options.onFailed(error as Error)
        await this.#pause.wait(this.#delayMs())
      }
    }
  }

  /** Whether connections wait for a transport. */
  get #standsStill(): boolean {
    const session = this.#moving?.session
    return session?.state === 'unlinked' && session.channelCount > 0
  }

  #delayMs(): number {
    if (this.#standsStill) return urgentDelayMs
    return Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failures++)
  }

  async #overRelay(): Promise<void> {
    await this.#move(new Conversation(await this.#openTunnel(), this.#options.clock), 'relay', 'relay')
  }

  async #openTunnel(): Promise<MessageTransport> {
    const tunnel = await this.#options.openTunnel(this.#stop.signal)
    return streamTransport(tunnel, { clock: this.#options.clock, maxMessageBytes: maxChannelMessageBytes })
  }

  async #overDirect(): Promise<void> {
    const startedAtMs = this.#options.clock.now()
    let outgoing: OutgoingPath | undefined = await this.#options.puncher.offer()
    while (outgoing !== undefined) outgoing = await this.#overPath(outgoing, startedAtMs)
  }

  /** Opens a path by this offer. Returns the offer to try next where it opens none. */
  async #overPath(outgoing: OutgoingPath, startedAtMs: number): Promise<OutgoingPath | undefined> {
    const { clock } = this.#options
    try {
      const answer = await this.#exchange(outgoing.offer)
      const { transport, binding, protocol } = await outgoing.accept(answer)
      await this.#move(new Conversation(transport, clock), 'direct', binding)
      this.#made(protocol, Math.round(clock.now() - startedAtMs))
      return undefined
    } catch (error) {
      const mayContinue = error instanceof DirectError && error.code === 'ERR_DIRECT_PATH'
      const next = mayContinue && !this.#stop.signal.aborted ? outgoing.next?.() : undefined
      outgoing.close()
      if (next === undefined) throw error
      return next
    }
  }

  #made(protocol: PathProtocol, tookMs: number): void {
    if (this.#moving !== undefined) this.#moving.protocol = protocol
    this.#tell('direct', `made in ${tookMs} ms over ${protocol.toUpperCase()}`, protocol)
  }

  /** Exchanges both descriptions through the relay. */
  async #exchange(offer: string): Promise<string> {
    const transport = await this.#openTunnel()
    try {
      const talk = new Conversation(transport, this.#options.clock)
      const session = this.#sessionId()
      const { provider } = await introduce(talk, this.#introduction('offer', session, 'relay'))
      this.#checkProvider(provider)
      this.#provider = provider
      return await offerPath(talk, offer)
    } finally {
      transport.close({ code: 1000, reason: '' })
    }
  }

  /** @throws DirectError for a provider that does not have the session, or has a path to this process already */
  #checkProvider(provider: string | undefined): void {
    if (this.#moving !== undefined && provider !== this.#provider) {
      const error = new DirectError('ERR_DIRECT_ELSEWHERE', 'another provider of the token has answered')
      this.#giveUpIfElsewhere(error)
      throw error
    }
    if (this.#options.accepts?.(provider) === false)
      throw new DirectError('ERR_DIRECT_TAKEN', 'the provider that answered has a path already')
  }

  async #move(talk: Conversation, path: Path, binding: string): Promise<void> {
    const session = this.#sessionId()
    try {
      const { trace } = await introduce(talk, this.#introduction('move', session, binding))
      const moving = this.#moving ?? this.#begin(trace)
      await moveOver(talk, moving.session, path === 'direct' ? (bare) => this.#pinged(bare, moving.session) : undefined)
      moving.path = path
    } catch (error) {
      talk.transport.destroy()
      this.#giveUpIfElsewhere(error)
      throw error
    }
  }

  /** Ends a session without channels if another provider of the token has answered, or the same one after a restart. */
  #giveUpIfElsewhere(error: unknown): void {
    const session = this.#moving?.session
    const isElsewhere = error instanceof DirectError && error.code === 'ERR_DIRECT_ELSEWHERE'
    if (isElsewhere && session?.channelCount === 0) session.close('the provider does not know the session')
  }

  #sessionId(): string {
    if (this.#moving === undefined && this.#id === '') this.#id = randomId()
    return this.#id
  }

  /** Adds a heartbeat; the relay's link has its own. */
  #pinged(transport: MessageTransport, session: Session): MessageTransport {
    const { clock } = this.#options
    const send = (message: Uint8Array): void => session.send(message)
    return new PingedTransport(transport, { timing: {}, clock, peer: 'provider', send })
  }

  #introduction(purpose: Purpose, session: string, binding: string): ConnectorGreeting {
    return { proof: this.#proof, purpose, session, binding, trace: this.#options.session.trace === true }
  }

  #begin(peerTraces: boolean | undefined): MovingSession {
    const session: Session = new Session(sessionTerms(this.#options.session, peerTraces), {
      ...this.#options.sessionHandler,
      onUnlinked: ({ reason }) => this.#lost(reason),
      onClose: (reason) => this.#closed(session, reason),
    })
    return (this.#moving = { session, path: 'relay' })
  }

  #lost(reason: string): void {
    if (this.#moving !== undefined) this.#moving.path = 'relay'
    this.#tell('relay', reason)
    this.#pause.end()
  }

  #closed(session: Session, reason: string): void {
    if (this.#moving?.session !== session) return
    this.#provider = undefined
    this.#moving = undefined
    this.#id = ''
    this.#tell('relay', reason)
    this.#pause.end()
  }

  #tell(path: Path, reason: string, protocol?: PathProtocol): void {
    if (this.#path === path) return
    this.#path = path
    this.#options.onPath(path, reason, protocol)
  }
}
