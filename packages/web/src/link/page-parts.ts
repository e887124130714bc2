import { type FrameSource, type PathLimit, type PathLimitOptions, type SessionParts, StartLimit } from '@ls/mux'
import type * as bulk from '@ls/mux/bulk'

type BulkCode = typeof bulk

/** Parts of all sessions of a page. The code for bulk is loaded with the first bulk. */
export class PageParts implements SessionParts {
  /** Frames of bulk are recycled; before that there is nothing to recycle. */
  readonly framePool: FrameSource = {
    take: (bytes) => this.#bulk?.processFramePool.take(bytes) ?? new Uint8Array(bytes),
    give: (frame) => this.#bulk?.processFramePool.give(frame),
  }
  #bulk: BulkCode | undefined

  get UrgentLink(): BulkCode['UrgentLink'] | undefined {
    return this.#bulk?.UrgentLink
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
