import { addressGroup } from '@ls/mux'

/**
 * Jobs of one turn of the event loop: about a millisecond of upgrades. What is proxied takes half a dozen turns from a
 * request to its answer, and each waits for these jobs; with eight, a flood made it take four to seven times as long.
 */
const jobsPerTurn = 2

/** Does its work; returns false where nothing was left to do. */
export type TurnJob = () => boolean

/**
 * Runs at most {@link jobsPerTurn} jobs in one turn of the event loop. A flood of connections arrives in one turn; run
 * at once, it would keep all open links waiting. Addresses (IPv6: one /64) take turns, so that a newcomer does not wait
 * behind the flood of another; jobs of one address run in the order in which they came.
 */
export class Turns {
  /** The jobs that wait, by address, in the order of their turns. None is empty. */
  readonly #waiting = new Map<string, TurnJob[]>()
  #left = jobsPerTurn
  #isScheduled = false

  /** Runs `job` for a client of `address` now, or in a later turn where this one is full. */
  run(address: string | undefined, job: TurnJob): void {
    this.#schedule()
    if (this.#left === 0 || this.#waiting.size > 0) return this.#enqueue(addressGroup(address ?? ''), job)
    if (job()) this.#left--
  }

  #enqueue(group: string, job: TurnJob): void {
    const jobs = this.#waiting.get(group)
    if (jobs === undefined) this.#waiting.set(group, [job])
    else jobs.push(job)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#next)
  }

  readonly #next = (): void => {
    this.#isScheduled = false
    this.#left = jobsPerTurn
    if (this.#waiting.size > 0) this.#schedule()
    while (this.#left > 0) {
      const job = this.#shift()
      if (job === undefined) return
      if (job()) this.#left--
    }
  }

  /** The next job of the address whose turn it is; that address then goes behind the others. */
  #shift(): TurnJob | undefined {
    const next = this.#waiting.entries().next()
    if (next.done === true) return undefined
    const [group, jobs] = next.value
    const job = jobs.shift()
    this.#waiting.delete(group)
    if (jobs.length > 0) this.#waiting.set(group, jobs)
    return job
  }
}
