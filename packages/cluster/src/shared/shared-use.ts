import { type Logger, textOf } from '@ls/foundation'
import type { NodeSeat, UsedAmounts } from '@ls/server'
import type { ClusterStore } from '../store/cluster-store.js'

/** Entry of a node for the quota of one token: bytes that it has counted in the current day and month. */
export interface UseEntry {
  readonly used: UsedAmounts
  /** Whether the node counts on from there after a restart, so that the entry of one that is gone is not needed. */
  readonly isKept: boolean
}

export interface SharedUseOptions {
  readonly store: ClusterStore
  readonly ownId: string
  readonly logger: Logger
  /** The server of this node; undefined before it has joined. */
  seat(): Pick<NodeSeat, 'used' | 'keepsUsed' | 'setUsedElsewhere'> | undefined
}

/**
 * Adds up what all nodes have counted for quotas: each node writes its own count, at most once a second for a token.
 * Counts are absolute, so a lost or repeated message does no harm.
 */
export class SharedUse {
  readonly #options: SharedUseOptions
  /** Own entries in the store, by token. */
  readonly #published = new Map<string, string>()
  /** Entries of other nodes, by token and node. */
  readonly #others = new Map<string, Map<string, UseEntry>>()

  constructor(options: SharedUseOptions) {
    this.#options = options
  }

  /** Writes everything again at the next {@link publish}: the store may have lost it. */
  publishAll(): void {
    // The keys stay: the store may have an entry of a token that is not used any more.
    for (const key of this.#published.keys()) this.#published.set(key, '')
  }

  /** Writes the counts that have changed. A token that was removed counts nothing. */
  publish(): void {
    const at = this.#options.seat()
    const isKept = at?.keepsUsed === true
    const removed = new Set(this.#published.keys())
    for (const [key, used] of at?.used ?? []) {
      removed.delete(key)
      if (isMoved(used)) this.#write(key, { used, isKept })
    }
    for (const key of removed) {
      this.#write(key, { used: {}, isKept })
      this.#published.delete(key)
    }
  }

  /**
   * Handles the entry of another node. A removed one still counts, since its bytes were moved; except where its node
   * counts on after a restart.
   */
  entry(nodeId: string, key: string, entry: UseEntry | undefined): void {
    const nodes = this.#others.get(key) ?? new Map<string, UseEntry>()
    if (entry !== undefined) nodes.set(nodeId, entry)
    else if (nodes.get(nodeId)?.isKept === true) nodes.delete(nodeId)
    this.#set(key, nodes)
  }

  /** Handles a node that is gone. */
  gone(nodeId: string): void {
    for (const [key, nodes] of this.#others) if (nodes.has(nodeId)) this.entry(nodeId, key, undefined)
  }

  #write(key: string, entry: UseEntry): void {
    const { store, ownId, logger } = this.#options
    const value = JSON.stringify(entry)
    if (this.#published.get(key) === value) return
    this.#published.set(key, value)
    store.put('live', `used.${ownId}.${key}`, value).catch((error: unknown) => {
      this.#published.delete(key)
      logger.debug({ reason: textOf(error) }, 'other nodes could not be told what a token has used')
    })
  }

  #set(key: string, nodes: Map<string, UseEntry>): void {
    if (nodes.size === 0) this.#others.delete(key)
    else this.#others.set(key, nodes)
    this.#options.seat()?.setUsedElsewhere(
      key,
      Array.from(nodes.values(), ({ used }) => used),
    )
  }
}

function isMoved({ day, month }: UsedAmounts): boolean {
  return (day?.bytes ?? 0) + (month?.bytes ?? 0) > 0
}
