import { type ChannelKey, encode, MessageType } from '@ls/codec'
import { nodeCompressor } from '@ls/codec/node'
import { type LimitUse, textOf } from '@ls/foundation'
import {
  type Channel,
  helloWindowBytes,
  LostChannels,
  type MessageTransport,
  Session,
  type SessionHandler,
  type SessionOptions,
  type SharedBudget,
} from '@ls/mux'
import { plainAddress } from '@ls/relay'
import { CloseCode, parseAuthQuery, type UpgradeRequest } from '@ls/transport'
import type { RefusalCause } from '../counts/server-counts.js'
import type { ServerObserver } from '../live/server-observer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { AnonymousClient } from '../relay-mode/relay.js'
import type { AccessTicket } from '../tickets/access-ticket.js'
import { RetryLater, Tenants } from '../tokens/tenants.js'
import type { ReverseToken, TokenRecord, TokenRegistry } from '../tokens/token-registry.js'
import type { ArrivingTransport } from './arriving-transport.js'
import type { AuthThrottle } from './auth-throttle.js'
import { type Agreement, Forbidden, Refusal, shakeHands, Throttled, type ResumeKey } from './handshake.js'
import { assertLinkRoom } from './link-room.js'
import type { Identity, Peer } from './peer.js'
import { SharedPaths } from './shared-paths.js'

export interface LinkAdmissionOptions {
  readonly server: ResolvedServerOptions
  readonly tokens: TokenRegistry
  /** Finds the ticket for a token by its SHA-256, in lowercase hex. */
  findAccess(shownHash: string): AccessTicket | undefined
  readonly throttle: AuthThrottle
  readonly observer: ServerObserver
  /** Called when a client has a session. */
  onJoin(peer: Peer): void
  /** Called when {@link LinkAdmission.peers} has one more, or one less. */
  onPeersChanged(): void
  /** Called when a client's session has ended. */
  onLeave(peer: Peer, reason: string): void
  /** Called when a client's link is up: its first one, or one after a loss. */
  onLinked(peer: Peer): void
  /** Called when a client has lost its link; it may resume its session. */
  onUnlinked(peer: Peer): void
  /** Called when the last channel of a client has ended. */
  onIdle(peer: Peer): void
  /** Called when a client requests a channel. */
  onConnect(peer: Peer, channel: Channel): void
  /** Called when a client sent a message that belongs to no channel. */
  onMessage(peer: Peer, message: Uint8Array): void
  /** Called when a client sent a message of a channel that does not exist. */
  onStray(peer: Peer, channelId: Uint8Array, type: number): void
  /** Checks a client against its token's policy. @throws Forbidden, or RetryLater if it may try again */
  permit(identity: Identity, remoteAddress: string, origin: string | undefined): Promise<void> | undefined
  /**
   * Checks that a token may have a link besides the `links` that its policy counts, which are those of sessions without
   * their second ones, and checks the address of a new link.
   * @throws RetryLater
   */
  assertRoom(record: TokenRecord, links: number, newFrom: string | undefined): void
  /**
   * Creates the identity of a client without a token; undefined where the server is no relay. @throws Refusal or
   * RetryLater
   */
  readonly newcomer: ((client: AnonymousClient) => ReverseToken | undefined) | undefined
  /** Wraps the transport for a session of a token, to charge its bytes to the token. */
  meter(record: TokenRecord, remoteAddress: string, transport: MessageTransport): MessageTransport
  /** Called when a client was refused. */
  onRefused(remoteAddress: string, reason: string, cause: RefusalCause): void
}

/** Extensions and window on which two nodes agreed. */
export type TrunkTerms = Pick<Agreement, 'extensions' | 'peerWindowBytes'>

/** The part of a request for a link that decides on its admission. */
type AdmittedHead = Pick<UpgradeRequest, 'query' | 'remoteAddress'> & {
  readonly headers: Pick<UpgradeRequest['headers'], 'origin'>
}

/** Admits clients with a valid token, and keeps the list of their sessions. */
export class LinkAdmission {
  readonly peers: ReadonlySet<Peer>
  readonly #options: LinkAdmissionOptions
  readonly #peers = new Set<Peer>()
  /** Resumable sessions by their id. */
  readonly #resumable = new Map<string, ResumeKey & { readonly peer: Peer }>()
  readonly #lost: LostChannels
  readonly #tenants: Tenants
  readonly #paths = new SharedPaths()
  /** The same for all sessions; spread at the end, so that Node 20 makes no hidden class for each. */
  readonly #sessionOptions: SessionOptions
  /** Reason why no clients are admitted any more; undefined while they are. */
  #closed: string | undefined

  constructor(options: LinkAdmissionOptions) {
    this.#options = options
    this.peers = this.#peers
    this.#lost = new LostChannels({ clock: options.server.clock })
    this.#tenants = new Tenants(options.server)
    options.server.pending.chargeTo(this.#tenants.strangers)
    const { extensions: _offered, windowBytes, ...limits } = options.server
    this.#sessionOptions = {
      ...limits,
      windowBytes: helloWindowBytes(windowBytes),
      startWindowBytes: windowBytes,
      compressor: nodeCompressor,
    }
  }

  /** Performs the handshake with a client that has just connected. Never throws. */
  async accept(transport: ArrivingTransport, request: AdmittedHead): Promise<void> {
    const { server, tokens, findAccess, throttle, permit, onRefused, newcomer } = this.#options
    const remoteAddress = plainAddress(request.remoteAddress)
    try {
      const findResumable = (id: string) => this.#resumable.get(id)
      const outcome = await shakeHands(transport, parseAuthQuery(request.query), {
        options: server,
        tokens,
        findResumable,
        findAccess,
        admit: (record) => this.#tenants.admit(record),
        permit: (identity) => permit(identity, remoteAddress, request.headers.origin),
        assertRoom: (record, session, place) => this.#assertRoom(record, remoteAddress, session, place),
        newcomer: newcomer && ((reverse, instance) => newcomer({ reverse, instance, remoteAddress })),
        meter: (record, plain) => this.#options.meter(record, remoteAddress, plain),
        waitMs: () => throttle.waitMs(remoteAddress),
        proven: () => transport.admit(),
      })
      if (outcome.kind === 'agreed') this.#welcome(transport, outcome.agreement, remoteAddress)
      else if (outcome.kind === 'resumed') this.#moved(outcome.id, remoteAddress)
    } catch (error) {
      const reason = textOf(error)
      onRefused(remoteAddress, reason, causeOf(error))
      const tryLater = (): void => transport.close({ code: CloseCode.tryAgainLater, reason })
      if (error instanceof RetryLater) return tryLater()
      if (error instanceof Throttled) {
        return throttle.refusals.add(remoteAddress, { answer: tryLater, cut: () => transport.destroy() })
      }
      if (!(error instanceof Refusal)) return transport.close({ code: 1002, reason })
      if (!(error instanceof Forbidden)) throttle.failed(remoteAddress)
      refuse(transport, reason)
    }
  }

  /** Usage of the limits on sessions. */
  limits(): LimitUse[] {
    return this.#tenants.limits()
  }

  /** Opens a session with another node for channels of a token; its memory is charged to the token. */
  openTrunk(record: TokenRecord, terms: TrunkTerms, handler: SessionHandler): Session {
    const tenant = this.#tenants.join(record)
    const session = this.#makeSession(terms, tenant.budget, {
      ...handler,
      onClose: (reason, lost) => {
        this.#tenants.leave(tenant, session)
        handler.onClose?.(reason, lost)
      },
    })
    return session
  }

  /** Stops admitting clients, with this reason; existing sessions may still be resumed. */
  pause(reason: string): void {
    this.#closed = reason
  }

  /** Stops admitting clients. */
  close(): void {
    this.#closed = 'the server is shutting down'
    this.#options.throttle.refusals.close()
  }

  #welcome(transport: MessageTransport, agreement: Agreement, remoteAddress: string): void {
    const { identity, resumeKey } = agreement
    if (!this.#mayStillEnter(transport, identity)) return
    // Another handshake may have taken the last place in the meantime.
    this.#assertRoom(identity.record, remoteAddress)
    const { onConnect, onMessage, onStray, onIdle, onLinked, onUnlinked, observer } = this.#options
    const { counts, live } = observer
    const tenant = this.#tenants.join(identity.record)
    const sharedPath = this.#paths.join(nameOf(identity))
    const session: Session = this.#makeSession({ ...agreement, sharedPath }, tenant.budget, {
      onConnect: (channel) => onConnect(peer, channel),
      onMessage: (message) => onMessage(peer, message),
      onStray: (channelId, type) => onStray(peer, channelId, type),
      onIdle: () => onIdle(peer),
      onLinked: () => {
        this.#tenants.linked(tenant, session)
        observer.linked(peer)
        live.linked(peer)
        onLinked(peer)
      },
      onUnlinked: ({ reason }) => {
        live.unlinked(peer, reason)
        counts.sessions.unlinked(session)
        this.#tenants.unlinked(tenant, session)
        onUnlinked(peer)
      },
      onChannelOpened: (channel) => live.channelOpened(peer, channel),
      onChannelClosed: (channel, reason) => observer.channelClosed(peer, channel, reason),
      isElsewhere: (channel) => this.#has(identity, channel),
      onClose: (reason, lost) => {
        this.#tenants.leave(tenant, session)
        counts.sessions.closed(session)
        this.#lost.remember(nameOf(identity), lost)
        this.#paths.leave(nameOf(identity))
        this.#farewell(peer, reason, resumeKey?.id)
      },
    })
    const peer: Peer = { session, ...identity, remoteAddress, connectedAtMs: Date.now() }
    if (resumeKey !== undefined) {
      const { id, secret, record } = resumeKey
      this.#resumable.set(id, { id, secret, record, session, peer })
    }
    this.#peers.add(peer)
    session.attach(this.#options.meter(identity.record, remoteAddress, transport))
    this.#lost.tell(nameOf(identity), session)
    this.#options.onPeersChanged()
    this.#options.onJoin(peer)
  }

  /** Closes the link of a client whose handshake was good, if server or token have ended in the meantime. */
  #mayStillEnter(transport: MessageTransport, { record }: Identity): boolean {
    // Not a refusal: the client may reconnect when the server is back.
    if (this.#closed !== undefined) transport.close({ code: CloseCode.goingAway, reason: this.#closed })
    else if (this.#options.tokens.find(record.token) === record) return true
    else if (record.kind === 'reverse' && record.identity !== undefined)
      // At a full relay a newer client took its place before it had a session. It may get another one.
      transport.close({ code: CloseCode.tryAgainLater, reason: 'a newer provider needed its place' })
    else refuse(transport, 'invalid token')
    return false
  }

  #assertRoom(
    record: TokenRecord,
    remoteAddress: string,
    session?: Session,
    place: 'instead' | 'beside' = 'instead',
  ): void {
    const links = assertLinkRoom(this.#peers, this.#options.server.maxLinks, { record, session, place })
    this.#options.assertRoom(record, links, session === undefined ? remoteAddress : undefined)
  }

  /** Whether any link of the same process has the channel. */
  #has({ record, instance }: Identity, channel: ChannelKey): boolean {
    for (const peer of this.#peers) {
      if (peer.instance === instance && peer.record === record && peer.session.has(channel)) return true
    }
    return false
  }

  #makeSession(
    { extensions, peerWindowBytes, sharedPath }: TrunkTerms & Pick<SessionOptions, 'sharedPath'>,
    parentBudget: SharedBudget,
    handler: SessionHandler,
  ): Session {
    return new Session({ extensions, peerWindowBytes, sharedPath, parentBudget, ...this.#sessionOptions }, handler)
  }

  /** Records the new address of a session that continues over another link. */
  #moved(sessionId: string, remoteAddress: string): void {
    const resumeKey = this.#resumable.get(sessionId)
    if (resumeKey !== undefined) resumeKey.peer.remoteAddress = remoteAddress
  }

  #farewell(peer: Peer, reason: string, sessionId: string | undefined): void {
    if (sessionId !== undefined) this.#resumable.delete(sessionId)
    this.#peers.delete(peer)
    this.#options.observer.live.left(peer, reason)
    this.#options.onPeersChanged()
    this.#options.onLeave(peer, reason)
  }
}

function causeOf(error: unknown): RefusalCause {
  if (error instanceof RetryLater) return 'crowded'
  if (error instanceof Throttled) return 'throttled'
  if (error instanceof Forbidden) return 'policy'
  return error instanceof Refusal ? 'token' : 'handshake'
}

/** Name of a client process, the same as long as it uses the same token. */
function nameOf({ record, instance }: Identity): string {
  return `${instance} ${record.token}`
}

/** Refuses a client with a reason (protocol.md §1, "Refusal"); deployed clients then do not retry. */
export function refuse(transport: MessageTransport, error: string): void {
  transport.send(encode({ type: MessageType.AuthResponse, success: false, error }))
  // 1008 is "policy violation" (RFC 6455 §7.4.1).
  transport.close({ code: 1008, reason: error })
}
