import type { Clock, Logger } from '@ls/foundation'
import type { ClusterStore } from '../store/cluster-store.js'
import type { NodeAddress } from '../trunk/dial-node.js'
import type { MemberState, NodeInfo } from './members.js'

/** Options of a {@link ClusterNode}. */
export interface ClusterNodeOptions {
  /** Store with the data that all nodes share. */
  readonly store: ClusterStore
  /** Shared secret, the same at all nodes, at least 32 characters. */
  readonly secret: string
  /** Address at which this node accepts connections of others. @default 127.0.0.1 and any free port */
  readonly listen?: NodeAddress | undefined
  /** Address to which others connect. @default `listen`, with the port that was chosen */
  readonly address?: Partial<NodeAddress> | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the process's clock */
  readonly clock?: Clock | undefined
}

/** State of the cluster as this node sees it. */
export interface ClusterStatus {
  /** This node, and all that it has received messages from. */
  readonly nodes: readonly (Omit<NodeInfo, 'beat' | 'version'> & { readonly state: MemberState | 'self' })[]
  /** Whether the store can be reached. */
  readonly isConnected: boolean
  /** Number of tokens that all nodes have. */
  readonly sharedTokens: number
  /** Number of tokens with a peer at another node. */
  readonly farTokens: number
  /** Number of trunks that this node has dialled. */
  readonly trunks: number
  /** Number of trunks that others have dialled to it. */
  readonly incomingTrunks: number
}
