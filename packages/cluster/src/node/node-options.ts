import type { Clock, Logger } from '@ls/foundation'
import type { ClusterStore } from '../store/cluster-store.js'
import type { NodeAddress } from '../trunk/dial-node.js'

/** Options of a `ClusterNode`. */
export interface ClusterNodeOptions {
  /** Store with the data that all nodes share. */
  readonly store: ClusterStore
  /** Shared secret, the same at all nodes, at least 32 characters. Needed unless there is a `folder`. */
  readonly secret?: string | undefined
  /**
   * Folder for nodes that are processes of one machine: they connect over UNIX sockets in it, without encryption and
   * without `secret`, `listen` and `address`. Only their user may have access to it. @default none
   */
  readonly folder?: string | undefined
  /** Address at which this node accepts connections of others. @default 127.0.0.1 and any free port */
  readonly listen?: NodeAddress | undefined
  /** Address to which others connect. @default `listen`, with the port that was chosen */
  readonly address?: Partial<NodeAddress> | undefined
  /** Whether the store keeps tokens in a state file over a restart of all nodes. @default false */
  readonly keepsTokens?: boolean | undefined
  /**
   * How long `ClusterNode.join` tries to reach the store, in milliseconds: it may start later than this node, or
   * elect a leader. 0 for one attempt. @default 60000
   */
  readonly storeTimeoutMs?: number | undefined
  /**
   * Whether this node asks idle clients to use another one while it has far more links than the mean.
   * @default true
   */
  readonly spread?: boolean | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the process's clock */
  readonly clock?: Clock | undefined
}
