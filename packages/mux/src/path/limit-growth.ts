/** How the limit of bytes in flight grows while there is no queue. */
export class LimitGrowth {
  /** Growth in a round, as a share. */
  #share = slowGrowth
  /** Limit before a large cut: the path may only have paused. */
  #formerBytes = 0

  /** Starts slowly again: the limit is right. */
  settle(): void {
    this.#share = slowGrowth
  }

  /** Records that the limit was lowered. */
  lowered(fromBytes: number, toBytes: number): void {
    this.settle()
    if (toBytes < fromBytes / 2) this.#formerBytes = fromBytes
  }

  /** Forgets the limit before a large cut. */
  forget(): void {
    this.#formerBytes = 0
  }

  /** Returns the limit after a round without a queue. `careful`: a step that is too large would overfill the queue. */
  grown(limitBytes: number, careful: boolean): number {
    const isUntried = careful && limitBytes >= this.#formerBytes
    if (isUntried) this.settle()
    const share = limitBytes < this.#formerBytes / 2 ? 1 : this.#share
    if (!isUntried) this.#share = Math.min(2 * this.#share, 1)
    const bytes = limitBytes * (1 + share)
    return careful && !isUntried ? Math.min(bytes, this.#formerBytes) : bytes
  }
}

/**
 * First growth of the limit in a round, as a share. It doubles each round, so that ten times the throughput is reached
 * within four rounds.
 */
const slowGrowth = 1 / 4
