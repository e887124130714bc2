import type { Peer } from '../links/peer.js'
import type { ConnectorToken } from '../tokens/token-registry.js'

/** Peers of one reverse token on a node, as other nodes know them. Each process is there once. */
export interface FarPeers {
  /** Providers with a link (their instances, as hex). */
  readonly providers: readonly string[]
  /** Connectors, with the provider that owns their token. */
  readonly connectors: readonly FarConnector[]
}

/** A connector on another node. */
export interface FarConnector {
  /** Names its process, as hex. */
  readonly instance: string
  /** The provider that added its token; undefined if it reaches all. */
  readonly owner?: string | undefined
}

export const noFarPeers: FarPeers = { providers: [], connectors: [] }

/** Peers that are here, for other nodes. */
export function peersToTell(providers: Iterable<Peer>, connectors: Iterable<Peer>): FarPeers {
  const linked = [...providers].filter(({ session }) => session.linked)
  return {
    providers: [...new Set(linked.map(({ instance }) => instance))],
    connectors: [...connectors].map(({ instance, record }) => ({ instance, owner: (record as ConnectorToken).owner })),
  }
}
