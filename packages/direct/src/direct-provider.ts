import { type Clock, type Logger, textOf } from '@ls/foundation'
import { type Channel, type MessageTransport, Session, type SessionHandler, SharedBudget } from '@ls/mux'
import { streamTransport, toDuplex } from '@ls/mux/duplex'
import { DirectError } from './errors.js'
import type { Hello } from './greeting.js'
import { Conversation, followOver, type ProvenConnector, readOffer, receive } from './handshake.js'
import { Proof, randomId } from './proof.js'
import type { DirectConnection, IncomingPath, PathProtocol, Puncher } from './puncher.js'
import { type DirectSessionOptions, type MovingSession, type Path, sessionTerms } from './session-terms.js'
import { maxChannelMessageBytes } from './udp/channel-transport.js'

/** Options of a {@link DirectProvider}. */
export interface DirectProviderOptions {
  /** Source of time and timers. */
  readonly clock: Clock
  /** Receives the log, with the connectors that get no path. */
  readonly logger: Logger
  /** Limits of its sessions. */
  readonly session: DirectSessionOptions
  /** Creates the connections. */
  readonly puncher: Puncher
  /** Connector tokens that the provider has added. */
  tokens(): Iterable<string>
  /** See `DirectOptions`. */
  readonly secret?: string | undefined
  /** Whether sessions may continue through the relay. */
  readonly allowRelay: boolean
  /** Serves the channels of connectors. */
  readonly sessionHandler: Pick<SessionHandler, 'onConnect' | 'onChannelOpened' | 'onChannelClosed'>
  /** Called when a session of a connector takes another path. */
  onPath(path: Path, protocol: PathProtocol | undefined): void
}

/** Most connectors in their handshake or looking for a path, and sessions. Further ones are refused. */
const maxConversations = 64
const maxSessions = 1024
/**
 * Most bytes held for all sessions, and promised to their peers: those of a server. A session alone may hold 128 MiB,
 * and one connector may begin many.
 */
const memory = { limitBytes: 201_326_592, promiseLimitBytes: 4 * 201_326_592 }
/** Sessions to which an equal part of half of it is guaranteed. */
const memoryShares = 16

interface KnownToken {
  readonly token: string
  readonly proof: Proof
}

interface Kept extends MovingSession {
  readonly token: string
}

/** The provider's end of direct paths: negotiates them, and keeps the sessions that move between paths. */
export class DirectProvider {
  readonly #options: DirectProviderOptions
  /** Name of this process for connectors. */
  readonly #id = randomId()
  readonly #sessions = new Map<string, Kept>()
  /** Proofs by token; each costs a hash function. Tokens without a proof begin no session. */
  readonly #proofs = new Map<string, Proof>()
  readonly #budget = new SharedBudget({ ...memory, shares: memoryShares })
  #conversations = 0
  #isClosed = false

  constructor(options: DirectProviderOptions) {
    this.#options = options
  }

  /** Sessions that have not ended. */
  get sessions(): readonly Session[] {
    return [...this.#sessions.values()].map(({ session }) => session)
  }

  /** Number of its sessions with a direct path now. */
  get directCount(): number {
    return [...this.#sessions.values()].filter(({ session, path }) => path === 'direct' && session.linked).length
  }

  /** Sessions whose messages take a direct path of this protocol now. */
  directOver(protocol: PathProtocol): readonly Session[] {
    const kept = [...this.#sessions.values()].filter((each) => each.path === 'direct' && each.protocol === protocol)
    return kept.map(({ session }) => session)
  }

  /** Accepts a channel that a connector has opened to the reserved target. */
  serve(channel: Channel): void {
    if (this.#isClosed || this.#conversations >= maxConversations)
      return channel.reject('busy: too many connectors look for a direct path')
    channel.accept()
    const { clock } = this.#options
    // A session that continues has longer messages than a greeting.
    const transport = streamTransport(toDuplex(channel), { clock, maxMessageBytes: maxChannelMessageBytes })
    void this.#converse(transport, 'relay', 'relay')
  }

  /** Removes a connector token and ends its sessions, since the server cannot end them. */
  remove(token: string): void {
    this.#proofs.delete(token)
    for (const kept of this.#sessions.values())
      if (kept.token === token) kept.session.close('the connector token was removed')
  }

  /** Ends all sessions. */
  close(reason: string): void {
    this.#isClosed = true
    for (const { session } of this.#sessions.values()) session.close(reason)
  }

  async #converse(transport: MessageTransport, binding: string, path: Path, protocol?: PathProtocol): Promise<void> {
    this.#conversations++
    try {
      const talk = new Conversation(transport, this.#options.clock)
      const trace = this.#options.session.trace === true
      const greeted = await receive(talk, { candidates: this.#known(), binding, provider: this.#id, trace })
      if (greeted.hello.purpose === 'move') await this.#move(talk, greeted, path, protocol)
      else await this.#meet(talk)
    } catch (error) {
      transport.close({ code: 1000, reason: '' })
      // A connector ends all connections but one.
      const level = path === 'direct' && !(error instanceof DirectError) ? 'debug' : 'info'
      this.#options.logger[level]({ err: error }, `a connector gets no direct path: ${textOf(error)}`)
    } finally {
      this.#conversations--
    }
  }

  *#known(): Generator<KnownToken> {
    for (const token of this.#options.tokens()) {
      let proof = this.#proofs.get(token)
      if (proof === undefined) this.#proofs.set(token, (proof = new Proof({ token, secret: this.#options.secret })))
      yield { token, proof }
    }
  }

  /** Negotiates a path, and waits for the connector on it. */
  async #meet(talk: Conversation): Promise<void> {
    const onOpened = ({ transport, binding, protocol }: DirectConnection): void =>
      void this.#converse(transport, binding, 'direct', protocol)
    const incoming = await this.#answer(talk, onOpened)
    talk.send({ kind: 'answer', sdp: incoming.answer, mac: talk.mac('answer', incoming.answer) })
    // Closed now, not when the addresses were tried: the time would tell what is behind them.
    talk.transport.close({ code: 1000, reason: '' })
    await incoming.opened
  }

  /** @throws DirectError with the reason that the connector gets */
  async #answer(talk: Conversation, onOpened: (connection: DirectConnection) => void): Promise<IncomingPath> {
    const offer = await readOffer(talk)
    try {
      return await this.#options.puncher.answer(offer, onOpened)
    } catch (error) {
      talk.send({ kind: 'refused', reason: textOf(error) })
      throw error
    }
  }

  async #move(
    talk: Conversation,
    { hello, known }: ProvenConnector<KnownToken>,
    path: Path,
    protocol: PathProtocol | undefined,
  ): Promise<void> {
    if (path === 'relay' && !this.#options.allowRelay) {
      talk.send({ kind: 'refused', reason: 'this provider accepts direct paths only' })
      throw new DirectError('ERR_DIRECT_PATH', 'a connector asked to go on through the relay')
    }
    await followOver(talk, (received) => {
      // Sessions begin on a direct path.
      const mayBegin = path === 'direct' && received === 0
      return (this.#find(hello, known.token) ?? (mayBegin ? this.#begin(hello, known.token) : undefined))?.session
    })
    const kept = this.#sessions.get(hello.session)
    if (kept === undefined) return
    kept.path = path
    kept.protocol = protocol
    this.#options.onPath(path, protocol)
  }

  #find({ session: id }: Hello, token: string): Kept | undefined {
    const kept = this.#sessions.get(id)
    return kept?.token === token ? kept : undefined
  }

  /** Begins a session that no connector has. */
  #begin({ session: id, trace }: Hello, token: string): Kept | undefined {
    if (this.#isClosed || this.#sessions.has(id) || this.#sessions.size >= maxSessions) return undefined
    // It may have been removed since the greeting.
    if (!this.#proofs.has(token)) return undefined
    const terms = sessionTerms({ ...this.#options.session, parentBudget: this.#budget }, trace)
    const session = new Session(terms, {
      ...this.#options.sessionHandler,
      onClose: () => this.#sessions.delete(id),
    })
    const begun: Kept = { session, token, path: 'direct' }
    this.#sessions.set(id, begun)
    return begun
  }
}
