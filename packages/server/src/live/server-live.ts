import type { Clock, Snapshot } from '@ls/foundation'
import type { Channel, ChannelCloseReason, Session } from '@ls/mux'
import { type LiveConnection, type LiveSource, LiveView } from '@ls/observe'
import { LiveChannel, movedBy, outcomeOf, outcomeOfForwarded } from '@ls/relay'
import { movedByForwarded } from '../counts/server-counts.js'
import type { CountedServer } from '../counts/server-snapshot.js'
import type { Peer } from '../links/peer.js'
import type { Connection } from '../reverse/switchboard.js'
import { LiveForwarded } from './live-forwarded.js'
import { PeerLink } from './peer-link.js'

export interface ServerLiveOptions {
  readonly clock: Clock
  /** Where links and channels are. */
  server(): Pick<CountedServer, 'admission' | 'switchboard' | 'ownProxy'>
  snapshot(): Snapshot
}

/** What a server shows to those who watch it. Events are made only while somebody does. */
export class ServerLive implements LiveSource {
  readonly view: LiveView
  readonly #options: ServerLiveOptions
  readonly #links = new WeakMap<Session, PeerLink>()

  constructor(options: ServerLiveOptions) {
    this.#options = options
    this.view = new LiveView({ source: this, clock: options.clock })
  }

  snapshot(): Snapshot {
    return this.#options.snapshot()
  }

  *liveLinks(): Generator<PeerLink> {
    for (const peer of this.#options.server().admission.peers) yield this.#linkOf(peer)
  }

  *liveConnections(): Generator<LiveConnection> {
    const { admission, switchboard, ownProxy } = this.#options.server()
    for (const peer of admission.peers) {
      const link = this.#linkOf(peer)
      for (const channel of peer.session.channels()) yield new LiveChannel(channel, link)
    }
    for (const connection of switchboard) yield this.#forwarded(connection)
    for (const channel of ownProxy?.session.channels() ?? []) yield new LiveChannel(channel, undefined)
  }

  /** Ends a link; false if there is none with this id, or no longer. */
  closeLink(linkId: string): boolean {
    const link = [...this.liveLinks()].find(({ id }) => id === linkId)
    link?.peer.session.close('closed by the administrator')
    return link !== undefined
  }

  /** A link is up: the first of its session, or one that continues it. */
  linked(peer: Peer): void {
    const link = this.#linkOf(peer)
    this.view.linkEvent(link.connected() ? 'link-opened' : 'link-resumed', link)
  }

  /** A link is down, and its session waits. */
  unlinked(peer: Peer, reason: string): void {
    this.view.linkEvent('link-lost', this.#linkOf(peer), reason)
  }

  /** A session is over. */
  left(peer: Peer, reason: string): void {
    this.view.linkEvent('link-closed', this.#linkOf(peer), reason)
  }

  /** Without a peer it is of one of the server's own proxy ports. */
  channelOpened(peer: Peer | undefined, channel: Channel): void {
    if (this.view.isWatched) this.view.connectionOpened(this.#live(peer, channel))
  }

  /** A channel that ended here is over. */
  channelClosed(peer: Peer | undefined, channel: Channel, reason: ChannelCloseReason): void {
    if (peer !== undefined) this.#linkOf(peer).add(movedBy(channel))
    if (this.view.isWatched) this.view.connectionClosed(this.#live(peer, channel), outcomeOf(channel, reason))
  }

  /** A channel from a connector to a provider is over. */
  forwardedEnded(connection: Connection): void {
    const moved = movedByForwarded(connection.channel)
    this.#links.get(connection.from)?.add(moved)
    this.#links.get(connection.to)?.add(moved)
    if (!this.view.isWatched) return
    this.view.connectionClosed(this.#forwarded(connection), outcomeOfForwarded(connection.channel))
  }

  #live(peer: Peer | undefined, channel: Channel): LiveConnection {
    return new LiveChannel(channel, peer === undefined ? undefined : this.#linkOf(peer))
  }

  #forwarded(connection: Connection): LiveConnection {
    return new LiveForwarded(connection, this.#links.get(connection.from), this.#links.get(connection.to))
  }

  #linkOf(peer: Peer): PeerLink {
    const known = this.#links.get(peer.session)
    if (known !== undefined) return known
    const link = new PeerLink(peer)
    this.#links.set(peer.session, link)
    return link
  }
}
