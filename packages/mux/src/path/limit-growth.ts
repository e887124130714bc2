/** How the limit of bytes in flight grows while there is no queue. */
export class LimitGrowth {
  /** Growth in the last round, as a share; 0 when the limit was right. */
  #share = 0
  /** Limit before a large cut, which is tried again: the path may only have paused. 0 if there was none. */
  #formerBytes = 0

  /** Starts slowly again: the limit is right. */
  settle(): void {
    this.#share = 0
  }

  /** Records that the limit was lowered. */
  lowered(fromBytes: number, toBytes: number): void {
    this.settle()
    // The former limit was tried again and made a queue: the path had not paused.
    if (this.#formerBytes > 0) this.#formerBytes = fromBytes < this.#formerBytes / 2 ? this.#formerBytes : 0
    else if (toBytes < fromBytes / 2) this.#formerBytes = fromBytes
  }

  /** Forgets the limit before a large cut. */
  forget(): void {
    this.#formerBytes = 0
  }

  /** Returns the limit after a round without a queue. `careful`: a step that is too large would overfill the queue. */
  grown(limitBytes: number, careful: boolean): number {
    if (limitBytes < this.#formerBytes) return Math.min(2 * limitBytes, this.#formerBytes)
    const { first, most } = careful ? carefulGrowth : growth
    this.#share = Math.min(Math.max(2 * this.#share, first), most)
    return limitBytes * (1 + this.#share)
  }
}

/** Growth in a round as a share, doubled each round, so that ten times the throughput is reached within four rounds. */
const growth = { first: 1 / 4, most: 1 }

/**
 * The same on a path that holds much. The first step adds 12 ms of queue at most at a round trip of 200 ms; a quarter
 * would add 50 ms, which takes two round trips to see and to remove.
 */
const carefulGrowth = { first: 1 / 16, most: 1 / 8 }
