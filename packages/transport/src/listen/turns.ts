/** Jobs of one turn of the event loop; some 4 ms of upgrades. Links that are open get their turn after that. */
const jobsPerTurn = 8

/**
 * Runs at most {@link jobsPerTurn} jobs in one turn of the event loop, in the order in which they came. A flood of
 * connections arrives in one turn; run at once, it would keep all open links waiting.
 */
export class Turns {
  readonly #waiting: (() => boolean)[] = []
  #left = jobsPerTurn
  #isScheduled = false

  /** Runs `job` now, or in a later turn where this one is full. It returns false where nothing was left to do. */
  run(job: () => boolean): void {
    this.#schedule()
    if (this.#left === 0 || this.#waiting.length > 0) return void this.#waiting.push(job)
    if (job()) this.#left--
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#next)
  }

  readonly #next = (): void => {
    this.#isScheduled = false
    this.#left = jobsPerTurn
    if (this.#waiting.length > 0) this.#schedule()
    while (this.#left > 0) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      if (job()) this.#left--
    }
  }
}
