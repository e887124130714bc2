import type { LocalNode, UsedAmounts } from '@ls/server'
import { FarEntries } from './far-entries.js'
import { OwnEntries, type OwnEntriesOptions } from './own-entries.js'

/** Entry of a node for the quota of one token: bytes that it has counted in the current day and month. */
export interface UseEntry {
  readonly used: UsedAmounts
  /** Whether the node counts on from there after a restart, so that the entry of one that is gone is not needed. */
  readonly isKept: boolean
}

export interface SharedUseOptions extends Omit<OwnEntriesOptions, 'prefix'> {
  /** The server of this node; undefined before it has joined. */
  localNode(): Pick<LocalNode, 'used' | 'keepsUsed' | 'setUsedElsewhere'> | undefined
}

/** Start of the keys of counts in the table `live`. */
export const usePrefix = 'used'

/**
 * Adds up what all nodes have counted for quotas: each node writes its own count, at most once a second for a token.
 * Counts are absolute, so a lost or repeated message does no harm.
 */
export class SharedUse {
  readonly #options: SharedUseOptions
  readonly #own: OwnEntries
  readonly #others = new FarEntries<UseEntry>()

  constructor(options: SharedUseOptions) {
    this.#options = options
    this.#own = new OwnEntries({ ...options, prefix: usePrefix })
  }

  /** Writes everything again at the next {@link publish}: the store may have lost it. */
  publishAll(): void {
    this.#own.writeAgain()
  }

  /** Writes the counts that have changed. A token that was removed counts nothing. */
  publish(): void {
    const at = this.#options.localNode()
    const isKept = at?.keepsUsed === true
    const textOf = (used: UsedAmounts): string => JSON.stringify({ used, isKept } satisfies UseEntry)
    const removed = new Set(this.#own.tokens)
    for (const [key, used] of at?.used ?? []) {
      removed.delete(key)
      if (isMoved(used)) this.#own.write(key, textOf(used))
    }
    for (const key of removed) this.#own.writeLast(key, textOf({}))
  }

  /**
   * Handles the entry of another node. A removed one still counts, since its bytes were moved; except where its node
   * counts on after a restart.
   */
  entry(nodeId: string, key: string, entry: UseEntry | undefined): void {
    const isKept = this.#others.of(key).get(nodeId)?.isKept === true
    if (entry !== undefined || isKept) this.#others.set(key, nodeId, entry)
    const amounts = Array.from(this.#others.of(key).values(), ({ used }) => used)
    this.#options.localNode()?.setUsedElsewhere(key, amounts)
  }

  /** Handles a node that is gone. */
  gone(nodeId: string): void {
    for (const key of this.#others.tokensOf(nodeId)) this.entry(nodeId, key, undefined)
  }
}

function isMoved({ day, month }: UsedAmounts): boolean {
  return (day?.bytes ?? 0) + (month?.bytes ?? 0) > 0
}
