import { type PathLimit, type PathLimitOptions, type SessionParts, StartLimit } from '@ls/mux'
import type * as bulk from '@ls/mux/bulk'

type BulkCode = typeof bulk

/** Parts of all sessions of a page. The code for bulk is loaded with the first bulk. */
export class PageParts implements SessionParts {
  #bulk: BulkCode | undefined

  get UrgentCopies(): BulkCode['UrgentCopies'] | undefined {
    return this.#bulk?.UrgentCopies
  }

  pathLimit(options: PathLimitOptions): PathLimit {
    const load = async () => {
      const { PathControl } = await this.loadBulk()
      return (each: PathLimitOptions) => new PathControl(each)
    }
    return new StartLimit({ ...options, load })
  }

  /** Loads the code for bulk. */
  async loadBulk(): Promise<BulkCode> {
    this.#bulk ??= await import('@ls/mux/bulk')
    return this.#bulk
  }
}
