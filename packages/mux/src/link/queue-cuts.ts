/**
 * Tracks cuts of the limit. A cut should shorten the delay. Two in a row that lower only the throughput were in vain:
 * the delay comes from a queue of others or from a longer path.
 */
export class QueueCuts {
  #last: Cut | undefined

  /**
   * A round at `rate` bytes a millisecond shows a queue again. Returns the limit before the cuts if they were in vain,
   * or undefined if `limitBytes` should be cut.
   */
  inVain(rate: number, limitBytes: number): number | undefined {
    const last = this.#last
    const inVain = last !== undefined && rate < 0.9 * last.rate ? last.inVain + 1 : 0
    if (last === undefined || inVain === 0) this.#last = { limitBytes, rate, inVain: 0 }
    else if (inVain < mostInVain) this.#last = { limitBytes: last.limitBytes, rate, inVain }
    else {
      this.#last = undefined
      return last.limitBytes
    }
    return undefined
  }

  /** There is no queue, or the path is measured afresh. */
  forget(): void {
    this.#last = undefined
  }
}

interface Cut {
  /** The limit before the first of the cuts that were in vain. */
  readonly limitBytes: number
  readonly rate: number
  /** Consecutive cuts that lowered the throughput and not the delay. */
  readonly inVain: number
}

const mostInVain = 2
