import type { Clock, Logger, Snapshot } from '@ls/foundation'
import type { Channel, ChannelCloseReason } from '@ls/mux'
import { type ChannelWatch, RefusalLog, Reloads } from '@ls/relay'
import { type RefusalCause, ServerCounts } from '../counts/server-counts.js'
import { type CountedServer, takeSnapshot } from '../counts/server-snapshot.js'
import { type ConnectionRecord, ConnectionRecords } from '../life/connection-record.js'
import type { Peer } from '../links/peer.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Connection } from '../reverse/channel-forwarder.js'
import type { TokenRegistry } from '../tokens/token-registry.js'
import { ServerLive } from './server-live.js'

/** Parts of a server that are observed. */
export interface ObservedServer extends Omit<CountedServer, 'counts' | 'quotas' | 'reloads'> {
  readonly uses: TokenUses
  readonly tokens: TokenRegistry
}

interface ObserverOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly onConnectionEnd?: ((connection: ConnectionRecord) => void) | undefined
}

/** Receives the events of a server: counts them, logs refusals, and passes them to the live view. */
export class ServerObserver {
  readonly counts = new ServerCounts((record, channel) => this.#server().uses.ended(record, channel))
  readonly live: ServerLive
  readonly #server: () => ObservedServer
  readonly #refusalLog: RefusalLog
  readonly #reloads = new Reloads()
  /** Undefined without an access log. */
  readonly #accessLog: ConnectionRecords | undefined

  /** @param server Returns the parts of the server; called on demand only, when all of them exist. */
  constructor({ clock, logger, onConnectionEnd }: ObserverOptions, server: () => ObservedServer) {
    this.#server = server
    this.#accessLog = onConnectionEnd === undefined ? undefined : new ConnectionRecords(clock, onConnectionEnd)
    this.#refusalLog = new RefusalLog(clock, logger)
    this.live = new ServerLive({ clock, server, snapshot: () => this.snapshot() })
  }

  /** All numbers; walks all open channels. */
  snapshot(): Snapshot {
    const { uses, tokens, ...server } = this.#server()
    return takeSnapshot({
      ...server,
      counts: this.counts,
      quotas: uses.quotaCounts(tokens),
      reloads: this.#reloads.snapshot(),
    })
  }

  /** Handles a link that is up, the first of its session or a later one. */
  linked(peer: Peer): void {
    this.counts.linked(peer.session, peer.record)
    this.#accessLog?.linked(peer)
  }

  /** Handles the refusal of a client. */
  refused(remoteAddress: string, reason: string, cause: RefusalCause): void {
    this.counts.refused(cause)
    this.#refusalLog.add(remoteAddress, reason)
    const { view } = this.live
    if (view.isWatched) view.publish('refusal', { client_address: remoteAddress, reason, cause })
  }

  /** Handles a reload of the configuration: the changes, or the reason why there are none. */
  reloaded(outcome: readonly string[] | Error): void {
    const failed = outcome instanceof Error
    const data = failed ? { success: false, error: outcome.message } : { success: true, changes: outcome }
    this.#reloads.add(outcome)
    this.live.view.publish('reload', data)
  }

  /** Handles the end of a client's channel that ended here. */
  channelClosed(peer: Peer, channel: Channel, reason: ChannelCloseReason): void {
    this.counts.ended(peer.record, channel, reason)
    this.live.channelClosed(peer, channel, reason)
    this.#accessLog?.ended(peer, channel, reason)
  }

  /** Handles the end of a channel from a connector to a provider. */
  readonly forwardedEnded = (connection: Connection): void => {
    this.counts.forwardedEnded(connection)
    this.live.forwardedEnded(connection)
    this.#accessLog?.forwardedEnded(connection)
  }

  /** Receives the events of channels at the server's own proxy ports. */
  readonly own: ChannelWatch = {
    onChannelOpened: (channel) => this.live.channelOpened(undefined, channel),
    onChannelClosed: (channel, reason) => {
      this.counts.ended(undefined, channel, reason)
      this.live.channelClosed(undefined, channel, reason)
      this.#accessLog?.ended(undefined, channel, reason)
    },
  }
}
