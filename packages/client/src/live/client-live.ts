import { formatChannelId } from '@ls/codec'
import type { PathProtocol } from '@ls/direct'
import type { Clock, Snapshot } from '@ls/foundation'
import type { Channel, ChannelCloseReason, Session } from '@ls/mux'
import { Destinations, type LiveConnection, type LiveSource, LiveView } from '@ls/observe'
import { LiveChannel, movedBy, outcomeOf } from '@ls/relay'
import { ServerLink } from './server-link.js'

export interface ClientLiveOptions {
  readonly clock: Clock
  readonly role: 'forward' | 'reverse'
  /** Host of the server. */
  readonly server: string
  /** Sessions with the server. */
  sessions(): readonly Session[]
  /** Sessions with peers, without the server. */
  direct(): readonly Session[]
  /** Protocol of the direct path that a session takes now. */
  protocolOf(session: Session): PathProtocol | undefined
  snapshot(): Snapshot
}

/** Live view of a client. */
export class ClientLive implements LiveSource {
  readonly view: LiveView
  readonly #options: ClientLiveOptions
  readonly #links = new WeakMap<Session, ServerLink>()
  /** Link of each channel; a session removes its channels before it reports their end. */
  readonly #linkOfChannel = new WeakMap<Channel, ServerLink>()
  /** Links that are up according to the events so far. */
  readonly #shownUp = new WeakSet<ServerLink>()
  readonly #destinations = new Destinations()

  constructor(options: ClientLiveOptions) {
    this.#options = options
    this.view = new LiveView({ source: this, clock: options.clock })
  }

  snapshot(): Snapshot {
    return this.#options.snapshot()
  }

  *liveLinks(): Generator<ServerLink> {
    const { sessions, direct } = this.#options
    for (const session of [...sessions(), ...direct()]) yield this.#linkOf(session)
  }

  *liveConnections(): Generator<LiveConnection> {
    for (const link of this.liveLinks()) {
      for (const channel of link.session.channels()) yield new LiveChannel(channel, link)
    }
  }

  /** A page of the traffic by destination since the first use. @throws RangeError for an invalid query */
  destinations(params: URLSearchParams): object {
    return this.#destinations.list(this.liveConnections(), params)
  }

  /** Cuts a connection; false if there is none with this id. */
  closeChannel(id: string): boolean {
    const channel = this.#channelWith(id.toLowerCase())
    channel?.abort(closedByHand)
    return channel !== undefined
  }

  /** Reports a link that is up: the first of its session, or one that continues it. */
  linked(session: Session): void {
    const link = this.#linkOf(session)
    this.#shownUp.add(link)
    this.view.linkEvent(link.connected() ? 'link-opened' : 'link-resumed', link)
  }

  /** Reports links that are down; each one that was up is reported only once. */
  down(reason: string): void {
    for (const link of this.liveLinks()) {
      if (link.up || !this.#shownUp.delete(link)) continue
      this.view.linkEvent('link-lost', link, reason)
    }
  }

  /** Reports the end of a session. */
  left(session: Session): void {
    this.view.linkEvent('link-closed', this.#linkOf(session))
  }

  /** Reports a new channel. */
  channelOpened(channel: Channel): void {
    const link = [...this.liveLinks()].find(({ session }) => session.has(channel.key))
    if (link !== undefined) this.#linkOfChannel.set(channel, link)
    if (this.view.isWatched) this.view.connectionOpened(new LiveChannel(channel, link))
  }

  /** Reports the end of a channel. */
  channelClosed(channel: Channel, reason: ChannelCloseReason): void {
    const link = this.#linkOfChannel.get(channel)
    const connection = new LiveChannel(channel, link)
    const outcome = outcomeOf(channel, reason)
    link?.add(movedBy(channel))
    this.#destinations.ended(connection, outcome)
    this.view.connectionClosed(connection, outcome)
  }

  #linkOf(session: Session): ServerLink {
    const known = this.#links.get(session)
    if (known !== undefined) return known
    const { role, server, direct, protocolOf } = this.#options
    const isDirect = direct().includes(session)
    const link = new ServerLink(session, role, () => (isDirect ? directAddress(protocolOf(session)) : server))
    this.#links.set(session, link)
    return link
  }

  #channelWith(id: string): Channel | undefined {
    for (const { session } of this.liveLinks()) {
      for (const channel of session.channels()) if (formatChannelId(channel.id) === id) return channel
    }
    return undefined
  }
}

/** A session with a peer goes through the server while it has no direct path. */
function directAddress(protocol: PathProtocol | undefined): string {
  return protocol === undefined ? 'direct, by the server now' : `direct, ${protocol.toUpperCase()}`
}

/** Reason that users receive. Begins with a word of protocol.md §4. */
const closedByHand = 'forbidden: closed on request'
