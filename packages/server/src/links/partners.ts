import { encode, MessageType } from '@ls/codec'
import { type FarPeers, noFarPeers } from '../nodes/far-peers.js'
import type { ConnectorToken } from '../tokens/token-registry.js'
import type { Peer } from './peer.js'

/**
 * Reports to the providers and connectors of one reverse token how many partners they have, never those of another
 * tenant (protocol.md §1 and §2). Partners are processes, not WebSockets.
 */
export class Partners {
  /** Last count sent to each peer: a new peer changes few counts, and the others need no message. */
  readonly #told = new WeakMap<Peer, number>()

  /**
   * Sends new counts after a peer has connected or disconnected, or a connector token has another owner.
   *
   * @param ownersOf Owners of connector tokens for which a provider answers.
   * @param far Peers of the same token on other nodes: they count, and their own nodes notify them.
   */
  update(
    providers: ReadonlySet<Peer>,
    connectors: ReadonlySet<Peer>,
    ownersOf: (provider: Peer) => readonly string[] = ({ instance }) => [instance],
    far: FarPeers = noFarPeers,
  ): void {
    const providerInstances = new Set([...providers].map(({ instance }) => instance).concat(far.providers))
    const byOwnerOf = providersByOwner(providers, ownersOf)
    for (const instance of far.providers) addTo(byOwnerOf, instance, instance)
    const byOwner = connectorsByOwner(connectors)
    for (const { owner, instance } of far.connectors) addTo(byOwner, owner, instance)
    const shared = byOwner.get(undefined) ?? noInstances
    for (const provider of providers) {
      const own = ownersOf(provider).flatMap((owner) => [...(byOwner.get(owner) ?? noInstances)])
      this.#tell(provider, new Set([...shared, ...own]).size)
    }
    for (const connector of connectors) {
      const { owner } = connector.record as ConnectorToken
      this.#tell(connector, owner === undefined ? providerInstances.size : (byOwnerOf.get(owner)?.size ?? 0))
    }
  }

  #tell(peer: Peer, count: number): void {
    if (this.#told.get(peer) === count) return
    this.#told.set(peer, count)
    peer.session.send(encode({ type: MessageType.Partners, count }))
  }
}

const noInstances: ReadonlySet<string> = new Set()

/** Instances of providers by the owners for which they answer. */
function providersByOwner(
  providers: Iterable<Peer>,
  ownersOf: (provider: Peer) => readonly string[],
): Map<string, Set<string>> {
  const byOwner = new Map<string, Set<string>>()
  for (const provider of providers) {
    for (const owner of ownersOf(provider)) addTo(byOwner, owner, provider.instance)
  }
  return byOwner
}

/** Instances of connectors by the provider that they reach; undefined stands for all providers. */
function connectorsByOwner(connectors: Iterable<Peer>): Map<string | undefined, Set<string>> {
  const byOwner = new Map<string | undefined, Set<string>>()
  for (const { record, instance } of connectors) {
    addTo(byOwner, (record as ConnectorToken).owner, instance)
  }
  return byOwner
}

function addTo<Owner>(byOwner: Map<Owner, Set<string>>, owner: Owner, instance: string): void {
  const known = byOwner.get(owner) ?? new Set<string>()
  byOwner.set(owner, known.add(instance))
}
