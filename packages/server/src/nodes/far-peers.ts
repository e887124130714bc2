import type { Peer } from '../links/peer.js'
import type { ConnectorToken } from '../tokens/token-registry.js'

/** Peers of one reverse token on a node, as it reports them to other nodes. Each process is listed once. */
export interface FarPeers {
  /** Providers with a link, by their instances, as hex. */
  readonly providers: readonly string[]
  /** Connectors, with the provider that owns their token. */
  readonly connectors: readonly FarConnector[]
}

/** A connector on another node. */
export interface FarConnector {
  /** Id of its process, as hex. */
  readonly instance: string
  /** Provider that added its token; undefined if it reaches all providers. */
  readonly owner?: string | undefined
}

export const noFarPeers: FarPeers = { providers: [], connectors: [] }

/** Peers of this node in the form that other nodes receive. */
export function peersToTell(providers: Iterable<Peer>, connectors: Iterable<Peer>): FarPeers {
  const linked = [...providers].filter(({ session }) => session.linked)
  return {
    providers: [...new Set(linked.map(({ instance }) => instance))],
    connectors: [...connectors].map(({ instance, record }) => ({ instance, owner: (record as ConnectorToken).owner })),
  }
}
