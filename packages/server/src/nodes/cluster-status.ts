/** State of a cluster as one of its nodes sees it. */
export interface ClusterStatus {
  /** This node, and all that it has received messages from. */
  readonly nodes: readonly NodeStatus[]
  /** Whether the store that all nodes share can be reached. */
  readonly isConnected: boolean
  /** Reason why this node, which starts, has not joined the others yet. @default it has joined */
  readonly waitsFor?: string | undefined
  /** Number of tokens that all nodes have. */
  readonly sharedTokens: number
  /** Number of tokens with a peer at another node. */
  readonly farTokens: number
  /** Number of trunks that this node has dialled. */
  readonly trunks: number
  /** Number of trunks that others have dialled to it. */
  readonly incomingTrunks: number
}

/** State of one node. The numbers are those of its last message. */
export interface NodeStatus {
  /** Id of the node, 8 hex digits. */
  readonly id: string
  /** Address to which other nodes connect. */
  readonly address: { readonly host: string; readonly port: number }
  /**
   * `self`: the node that reports · `up`: sent a message recently · `silent`: no recent message, gets no new channels ·
   * `gone`: its channels have ended
   */
  readonly state: 'self' | 'up' | 'silent' | 'gone'
  /** Number of clients' links. */
  readonly links: number
  /** Number of open channels of these links. */
  readonly channels: number
  /** Whether it sends its clients to other nodes, and ends when they have left. */
  readonly draining: boolean
  /** Version of its program. */
  readonly release: string
}
