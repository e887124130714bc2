/**
 * Tracks cuts of the limit. A cut should shorten the delay. If two in a row lower only the throughput, they had no
 * effect: the delay is caused by other traffic or by a longer path.
 */
export class QueueCuts {
  #last: Cut | undefined

  /**
   * Records a round at `rate` bytes a millisecond that shows a queue again. Returns the limit before the cuts if they
   * had no effect, or undefined if `limitBytes` should be cut.
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

  /** Drops the record: there is no queue, or the path is measured again. */
  forget(): void {
    this.#last = undefined
  }
}

interface Cut {
  /** Limit before the first of the cuts without effect. */
  readonly limitBytes: number
  readonly rate: number
  /** Consecutive cuts that lowered the throughput and not the delay. */
  readonly inVain: number
}

const mostInVain = 2
