/**
 * Follows cuts of the limit. A cut has to shorten the delay: two in a row that lower only the rate were in vain, because the
 * delay is the queue of others, or of a path that has become longer.
 */
export class QueueCuts {
  #last: Cut | undefined

  /**
   * A round at `rate` bytes a millisecond shows a queue again. Gives the limit from before the cuts if they were in vain, and
   * undefined if `limitBytes` is to be cut.
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

  /** There is no queue, or the path is looked at afresh. */
  forget(): void {
    this.#last = undefined
  }
}

interface Cut {
  /** The limit before the first of the cuts that were in vain. */
  readonly limitBytes: number
  readonly rate: number
  /** How many in a row lowered the rate and left the delay. */
  readonly inVain: number
}

const mostInVain = 2
