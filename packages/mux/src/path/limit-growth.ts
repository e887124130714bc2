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

  /**
   * Returns the limit after a round without a queue. `roomShare` is present where a step that is too large would
   * overfill the queue: what the wanted queue lacks, as a share of what the path holds.
   */
  grown(limitBytes: number, roomShare?: number): number {
    if (limitBytes < this.#formerBytes) return Math.min(2 * limitBytes, this.#formerBytes)
    if (roomShare !== undefined) return limitBytes * (1 + Math.min(roomPart * roomShare, mostRoomShare))
    this.#share = Math.min(Math.max(2 * this.#share, growth.first), growth.most)
    return limitBytes * (1 + this.#share)
  }
}

/** Growth in a round as a share, doubled each round, so that ten times the throughput is reached within four rounds. */
const growth = { first: 1 / 4, most: 1 }

/**
 * Part of the missing queue that a round adds on a path that holds much, and the most as a share of the limit. A step
 * that does not look at the queue adds 25 ms of it at a round trip of 200 ms, which takes two round trips to see and to
 * remove.
 */
const roomPart = 3 / 4
const mostRoomShare = 1 / 8
