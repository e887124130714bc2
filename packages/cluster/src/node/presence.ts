import type { FarPeers } from '@ls/server'

/** Peers of each token at each other node. */
export class Presence {
  /** Peers by token, then by node. */
  readonly #byToken = new Map<string, Map<string, FarPeers>>()

  get tokens(): Iterable<string> {
    return this.#byToken.keys()
  }

  /** Number of tokens with a peer on another node. */
  get size(): number {
    return this.#byToken.size
  }

  set(reverseKey: string, nodeId: string, peers: FarPeers | undefined): void {
    const nodes = this.#byToken.get(reverseKey) ?? new Map<string, FarPeers>()
    if (peers === undefined) nodes.delete(nodeId)
    else nodes.set(nodeId, peers)
    if (nodes.size === 0) this.#byToken.delete(reverseKey)
    else this.#byToken.set(reverseKey, nodes)
  }

  /** Forgets a node: its entries expire in the store without a message. */
  forget(nodeId: string): void {
    for (const reverseKey of this.#byToken.keys()) this.set(reverseKey, nodeId, undefined)
  }

  /** All peers of a token at nodes that are `isUp`. */
  merged(reverseKey: string, isUp: (nodeId: string) => boolean): FarPeers {
    const at = [...(this.#byToken.get(reverseKey) ?? [])].filter(([nodeId]) => isUp(nodeId)).map(([, peers]) => peers)
    return {
      providers: at.flatMap(({ providers }) => providers),
      connectors: at.flatMap(({ connectors }) => connectors),
    }
  }

  /** Nodes that have a provider for a channel. */
  nodesWith(reverseKey: string, owner: string | undefined): string[] {
    return [...(this.#byToken.get(reverseKey) ?? [])]
      .filter(([, { providers }]) => (owner === undefined ? providers.length > 0 : providers.includes(owner)))
      .map(([nodeId]) => nodeId)
  }
}
