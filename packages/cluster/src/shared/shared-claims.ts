import type { TicketClaims } from '@ls/server'
import { ClusterError } from '../errors.js'
import type { StoreEntry } from '../store/cluster-store.js'
import { SharedEntries, type SharedEntriesOptions } from './shared-entries.js'

/** Start of the keys of claims in the table `live`. */
export const claimPrefix = 'claim'

/** Most claims: a server has at most 10,000 tickets, and a claim stays when its process ends. */
const maxClaims = 20_000

/** Things that only one client may have: the first node to say so decides it, by compare-and-set. */
export class SharedClaims implements TicketClaims {
  readonly #entries: SharedEntries<string>

  constructor(options: Pick<SharedEntriesOptions<string>, 'store' | 'clock'>) {
    const asIs = (text: string): string => text
    this.#entries = new SharedEntries({ ...options, prefix: claimPrefix, read: asIs, write: asIs })
  }

  /**
   * Sets a value, unless there is one. Resolves with the value that is set. @throws ClusterError or the error of the
   * store, when it cannot say
   */
  async claim(key: string, value: string): Promise<string> {
    const claimed = await this.#entries.change(key, (known) => {
      if (known === undefined && this.#entries.size >= maxClaims)
        throw new ClusterError('ERR_CLUSTER_STORE', `there are ${maxClaims} claims, the most`)
      return known === undefined ? value : undefined
    })
    return claimed ?? value
  }

  /** Removes a value. Never rejects: one that stays does no harm. */
  unclaim(key: string): void {
    this.#entries.delete(key).catch(() => {})
  }

  /** Handles an entry of the store; undefined if it was removed. */
  entry(key: string, entry: StoreEntry | undefined): void {
    this.#entries.entry(key, entry)
  }
}
