import type { Clock } from '@ls/foundation'
import type { Peer } from '../links/peer.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'

/**
 * Time in which other nodes learn that a provider has moved, in milliseconds: a message, and a channel that was on its
 * way.
 */
export const farMs = 2000

export interface MovedPeersOptions {
  readonly groups: Pick<ReverseGroups, 'of'>
  readonly clock: Clock
}

/** Peers whose clients have a session at another process or node, and since when. */
export class MovedPeers {
  readonly #options: MovedPeersOptions
  readonly #movedAtMs = new WeakMap<Peer, number>()

  constructor(options: MovedPeersOptions) {
    this.#options = options
  }

  /** Records that a client has moved, and no longer tells other nodes of a provider here. */
  add(peer: Peer): void {
    const { groups, clock } = this.#options
    this.#movedAtMs.set(peer, clock.now())
    if (peer.record.kind === 'reverse') groups.of(peer.record)?.providerLeaves(peer)
  }

  has(peer: Peer): boolean {
    return this.#movedAtMs.has(peer)
  }

  /** Time until which {@link isAskedFromAfar} holds; Infinity for a peer that has not moved. */
  farUntilMs(peer: Peer): number {
    return (this.#movedAtMs.get(peer) ?? Infinity) + farMs
  }

  /** Whether another node may not know yet that a provider has moved: a channel may be on its way here. */
  isAskedFromAfar(peer: Peer): boolean {
    return this.has(peer) && this.#options.clock.now() < this.farUntilMs(peer)
  }
}
