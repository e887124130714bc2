import type { EventEmitter } from 'node:events'
import type { Logger } from '@ls/foundation'
import type { DirectSignals } from '../direct/direct-signals.js'
import { describeClient, type ServerEvents } from '../events.js'
import type { Exposures } from '../expose/exposures.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { Tickets } from '../tickets/tickets.js'
import type { OrphanedTokens } from '../tokens/orphaned-tokens.js'
import type { Peer } from './peer.js'

export interface AttendanceOptions {
  readonly groups: ReverseGroups
  readonly exposures: Exposures
  readonly orphanedTokens: OrphanedTokens
  readonly uses: TokenUses
  readonly tickets: Tickets
  readonly relay: Relay | undefined
  /** Undefined without direct paths. */
  readonly signals: DirectSignals | undefined
  readonly logger: Logger
  /** Emits the events of clients. */
  readonly server: EventEmitter<ServerEvents>
}

/**
 * Adds and removes what belongs to a client: its place in a group, the tokens it added, the ports it opened. Reports
 * clients that come and go.
 */
export class Attendance {
  readonly #options: AttendanceOptions

  constructor(options: AttendanceOptions) {
    this.#options = options
  }

  /** Handles a client that has a session. */
  join(peer: Peer): void {
    const { groups, orphanedTokens, uses, tickets, relay, signals, logger, server } = this.#options
    const { record, instance } = peer
    const group = groups.of(record)
    if (record.kind === 'connector') group?.addConnector(peer)
    if (record.kind === 'reverse') {
      orphanedTokens.ownerCame(record, instance)
      group?.addProvider(peer)
    }
    uses.joined(peer)
    tickets.joined(peer)
    relay?.joined(peer)
    signals?.joined(peer)
    const info = describeClient(peer)
    const { window, fin, resume } = peer.session.options
    logger.info({ ...info, window, fin, resume }, 'client connected')
    server.emit('clientConnected', info)
  }

  /** Handles the end of a client's session. */
  leave(peer: Peer, reason: string): void {
    const { groups, exposures, orphanedTokens, tickets, relay, signals, logger, server } = this.#options
    const { record, instance } = peer
    const group = groups.of(record)
    if (record.kind === 'connector') group?.removeConnector(peer)
    if (record.kind === 'reverse') {
      group?.removeProvider(peer)
      if (group?.hasProvider(instance) !== true) exposures.ownerLeft(record, instance)
      orphanedTokens.ownerLeft(record, instance)
    }
    tickets.left(peer)
    relay?.left(peer)
    signals?.left(peer)
    const info = describeClient(peer)
    logger.info({ ...info, reason }, 'client disconnected')
    server.emit('clientDisconnected', info, reason)
  }
}
