import type { Clock, Snapshot } from '@ls/foundation'
import type { Channel, ChannelCloseReason, Session } from '@ls/mux'
import { type LiveConnection, type LiveSource, LiveView } from '@ls/observe'
import { LiveChannel, movedBy, outcomeOf, outcomeOfForwarded } from '@ls/relay'
import { movedByForwarded } from '../counts/server-counts.js'
import type { CountedServer } from '../counts/server-snapshot.js'
import type { Peer } from '../links/peer.js'
import type { Connection } from '../reverse/channel-forwarder.js'
import { LiveForwarded } from './live-forwarded.js'
import { PeerLink } from './peer-link.js'

export interface ServerLiveOptions {
  readonly clock: Clock
  /** The server's links and channels. */
  server(): Pick<CountedServer, 'admission' | 'channelForwarder' | 'ownProxy'>
  snapshot(): Snapshot
}

/** Live view of a server. Events are created only while there is a reader. */
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
    const { admission, channelForwarder, ownProxy } = this.#options.server()
    for (const peer of admission.peers) {
      const link = this.#linkOf(peer)
      for (const channel of peer.session.channels()) yield new LiveChannel(channel, link)
    }
    for (const connection of channelForwarder) yield this.#forwarded(connection)
    for (const channel of ownProxy?.session.channels() ?? []) yield new LiveChannel(channel, undefined)
  }

  /** Ends a link; false if there is none with this id. */
  closeLink(linkId: string): boolean {
    const link = [...this.liveLinks()].find(({ id }) => id === linkId)
    link?.peer.session.close('closed by the administrator')
    return link !== undefined
  }

  /** Reports a link that is up: the first of its session, or one that continues it. */
  linked(peer: Peer): void {
    const link = this.#linkOf(peer)
    this.view.linkEvent(link.connected() ? 'link-opened' : 'link-resumed', link)
  }

  /** Reports a link that is down, while its session waits. */
  unlinked(peer: Peer, reason: string): void {
    this.view.linkEvent('link-lost', this.#linkOf(peer), reason)
  }

  /** Reports the end of a session. */
  left(peer: Peer, reason: string): void {
    this.view.linkEvent('link-closed', this.#linkOf(peer), reason)
  }

  /** Reports a new channel; without a peer it belongs to one of the server's own proxy ports. */
  channelOpened(peer: Peer | undefined, channel: Channel): void {
    if (this.view.isWatched) this.view.connectionOpened(this.#live(peer, channel))
  }

  /** Reports the end of a channel that ended here. */
  channelClosed(peer: Peer | undefined, channel: Channel, reason: ChannelCloseReason): void {
    if (peer !== undefined) this.#linkOf(peer).add(movedBy(channel))
    if (this.view.isWatched) this.view.connectionClosed(this.#live(peer, channel), outcomeOf(channel, reason))
  }

  /** Reports the end of a channel from a connector to a provider. */
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
