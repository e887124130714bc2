import type { FarPeers } from '@ls/server'
import { FarEntries } from '../shared/far-entries.js'

/** Peers of each token at each other node. */
export class Presence extends FarEntries<FarPeers> {
  /** Forgets a node: its entries expire in the store without a message. */
  forget(nodeId: string): void {
    for (const token of this.tokensOf(nodeId)) this.set(token, nodeId, undefined)
  }

  /** All peers of a token at nodes that are `isUp`. */
  merged(reverseKey: string, isUp: (nodeId: string) => boolean): FarPeers {
    const at = [...this.of(reverseKey)].filter(([nodeId]) => isUp(nodeId)).map(([, peers]) => peers)
    return {
      providers: at.flatMap(({ providers }) => providers),
      connectors: at.flatMap(({ connectors }) => connectors),
    }
  }

  /** Nodes that have a provider for a channel. */
  nodesWith(reverseKey: string, owner: string | undefined): string[] {
    return [...this.of(reverseKey)]
      .filter(([, { providers }]) => (owner === undefined ? providers.length > 0 : providers.includes(owner)))
      .map(([nodeId]) => nodeId)
  }
}
