import type { EventEmitter } from 'node:events'
import type { DirectSignals } from '../direct/direct-signals.js'
import { makeSignals } from '../direct/make-signals.js'
import { describeClient, type ServerEvents } from '../events.js'
import type { Exposures } from '../expose/exposures.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { Tickets } from '../tickets/tickets.js'
import type { OrphanedTokens } from '../tokens/orphaned-tokens.js'
import { tenantName } from '../tokens/tenant.js'
import type { LinkAdmissionOptions } from './admission.js'
import type { Peer } from './peer.js'

export interface ClientLifecycleOptions {
  readonly groups: ReverseGroups
  readonly exposures: Exposures
  readonly orphanedTokens: OrphanedTokens
  readonly uses: TokenUses
  readonly tickets: Tickets
  readonly relay: Relay | undefined
  readonly options: ResolvedServerOptions
  /** Emits the events of clients. */
  readonly server: EventEmitter<ServerEvents>
}

/**
 * Adds and removes what belongs to a client: its place in a group, the tokens it added, the ports it opened. Reports
 * clients that come and go.
 */
export class ClientLifecycle {
  readonly #options: ClientLifecycleOptions
  /** Undefined without direct paths. */
  readonly #signals: DirectSignals | undefined

  constructor(options: ClientLifecycleOptions) {
    this.#options = options
    this.#signals = makeSignals({ ...options, server: options.options })
  }

  /** Handles a client that has a session. */
  join(peer: Peer): void {
    const { groups, orphanedTokens, uses, tickets, relay, options, server } = this.#options
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
    this.#signals?.joined(peer)
    const info = describeClient(peer)
    const { window, fin, resume } = peer.session.options
    options.logger.info({ tenant: tenantName(record), ...info, window, fin, resume }, 'client connected')
    server.emit('clientConnected', info)
  }

  /** Handles the end of a client's session. */
  leave(peer: Peer, reason: string): void {
    const { groups, exposures, orphanedTokens, tickets, relay, options, server } = this.#options
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
    this.#signals?.left(peer)
    const info = describeClient(peer)
    options.logger.info({ tenant: tenantName(record), ...info, reason }, 'client disconnected')
    server.emit('clientDisconnected', info, reason)
  }

  /** Handles a client whose link is up. */
  linked(peer: Peer): void {
    this.#options.groups.of(peer.record)?.wake(peer)
  }

  /** Handles a client whose link is down. */
  unlinked(peer: Peer): void {
    this.#options.groups.of(peer.record)?.slept()
  }

  /** Handles a message that belongs to no channel, if it is a signal of direct paths. */
  receive(peer: Peer, message: Uint8Array): void {
    this.#signals?.receive(peer, message)
  }

  /** Handles a message of a channel that does not exist. */
  receiveStray(peer: Peer, channelId: Uint8Array, type: number): void {
    this.#signals?.receiveStray(peer, channelId, type)
  }
}

/** Events of an admission, for a `ClientLifecycle` that is created later. */
export function clientLifecycleEvents(
  lifecycle: () => ClientLifecycle,
): Pick<LinkAdmissionOptions, 'onJoin' | 'onLeave' | 'onLinked' | 'onUnlinked' | 'onStray'> {
  return {
    onJoin: (peer) => lifecycle().join(peer),
    onLeave: (peer, reason) => lifecycle().leave(peer, reason),
    onLinked: (peer) => lifecycle().linked(peer),
    onUnlinked: (peer) => lifecycle().unlinked(peer),
    onStray: (peer, channelId, type) => lifecycle().receiveStray(peer, channelId, type),
  }
}
