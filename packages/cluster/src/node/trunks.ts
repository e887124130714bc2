import type { Clock, Logger } from '@ls/foundation'
import type { FarRoute, LocalNode } from '@ls/server'
import type { NodeSecret } from '../trunk/node-secret.js'
import { Trunk } from '../trunk/trunk.js'
import type { Members } from './members.js'
import type { Presence } from './presence.js'

export interface TrunksOptions {
  readonly localNode: LocalNode
  readonly secret: NodeSecret | undefined
  readonly ownId: string
  readonly members: Members
  readonly presence: Presence
  readonly clock: Clock
  readonly logger: Logger
}

/** Most nodes for the channels of one token: more would cost connections without a benefit. */
const maxNodesPerRoute = 8

/** The trunks that this node has dialled, one for each token and node. */
export class Trunks {
  readonly #options: TrunksOptions
  readonly #trunks = new Map<string, { readonly nodeId: string; readonly route: FarRoute; readonly trunk: Trunk }>()

  constructor(options: TrunksOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#trunks.size
  }

  /** Opens the trunks of a route. */
  open(route: FarRoute): void {
    const { members, presence } = this.#options
    const nodes = presence.nodesWith(route.reverseKey, route.owner).filter((id) => members.isUp(id))
    for (const nodeId of nodes.slice(0, maxNodesPerRoute)) this.#openTo(nodeId, route)
  }

  /** Handles providers of a token that connected or disconnected at any node. */
  update(reverseKey: string): void {
    const { members, presence } = this.#options
    for (const { nodeId, route, trunk } of this.#trunks.values()) {
      if (route.reverseKey !== reverseKey) continue
      const hasProvider = presence.nodesWith(reverseKey, route.owner).includes(nodeId)
      trunk.setUsable(hasProvider && members.isUp(nodeId))
    }
  }

  /** Ends the trunks of a node that is gone, with their channels. */
  endOf(nodeId: string, reason: string): void {
    for (const each of this.#trunks.values()) if (each.nodeId === nodeId) each.trunk.close(reason)
  }

  close(): void {
    for (const { trunk } of this.#trunks.values()) trunk.close('the node is shutting down')
  }

  #openTo(nodeId: string, route: FarRoute): void {
    const { members, presence: _presence, ...shared } = this.#options
    const key = `${nodeId} ${route.reverseKey} ${route.owner ?? ''}`
    const address = members.addressOf(nodeId)
    if (this.#trunks.has(key) || address === undefined) return
    const onNodeGone = (): void => members.gone(nodeId)
    const trunk = new Trunk({ ...shared, nodeId, address, route, onNodeGone, onClose: () => this.#trunks.delete(key) })
    this.#trunks.set(key, { nodeId, route, trunk })
  }
}
