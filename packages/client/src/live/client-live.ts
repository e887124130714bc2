import { formatChannelId } from '@ls/codec'
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
  /** Sessions with peers, past the server. */
  direct(): readonly Session[]
  snapshot(): Snapshot
}

/** What a client shows to those who watch it. */
export class ClientLive implements LiveSource {
  readonly view: LiveView
  readonly #options: ClientLiveOptions
  readonly #links = new WeakMap<Session, ServerLink>()
  /** The link of each channel; a session forgets its channels before it says that they are over. */
  readonly #linkOfChannel = new WeakMap<Channel, ServerLink>()
  /** Links that are up, as far as those who watch know. */
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

  /** A page of what went where since the client was watched first. @throws RangeError for a query that cannot be */
  destinations(params: URLSearchParams): object {
    return this.#destinations.list(this.liveConnections(), params)
  }

  /** Cuts a connection; false if there is none with this id. */
  closeChannel(id: string): boolean {
    const channel = this.#channelWith(id.toLowerCase())
    channel?.abort(closedByHand)
    return channel !== undefined
  }

  /** A link is up: the first of its session, or one that continues it. */
  linked(session: Session): void {
    const link = this.#linkOf(session)
    this.#shownUp.add(link)
    this.view.linkEvent(link.connected() ? 'link-opened' : 'link-resumed', link)
  }

  /** A link is down; each that was up has been told of only once. */
  down(reason: string): void {
    for (const link of this.liveLinks()) {
      if (link.up || !this.#shownUp.delete(link)) continue
      this.view.linkEvent('link-lost', link, reason)
    }
  }

  /** A session is over. */
  left(session: Session): void {
    this.view.linkEvent('link-closed', this.#linkOf(session))
  }

  /** A channel begins. */
  channelOpened(channel: Channel): void {
    const link = [...this.liveLinks()].find(({ session }) => session.has(channel.key))
    if (link !== undefined) this.#linkOfChannel.set(channel, link)
    if (this.view.isWatched) this.view.connectionOpened(new LiveChannel(channel, link))
  }

  /** A channel is over. */
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
    const { role, server, direct } = this.#options
    const link = new ServerLink(session, role, direct().includes(session) ? 'direct' : server)
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

/** Begins with a word of protocol.md §4. */
const closedByHand = 'forbidden: closed by hand'
