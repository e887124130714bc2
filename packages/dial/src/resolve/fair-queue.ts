import { checkInteger } from '@ls/foundation'

export interface FairQueueOptions {
  /** Most jobs that run at the same time, of all tenants together. */
  readonly maxRunning: number
  /** Most waiting jobs of one tenant; further ones are refused. */
  readonly maxWaitingPerTenant: number
}

/** Starts the job; call `release` when it has finished. */
export type Job = (release: () => void) => void

interface Lane {
  running: number
  /** In the order of arrival; a set, so that a job can be removed. */
  readonly waiting: Set<Job>
}

/**
 * Runs jobs of many tenants in turn, a limited number at a time. A named tenant may run as many as are free (the
 * "dynamic threshold" of shared-memory switches, Choudhury and Hahne 1998): a single one gets half, two get a third
 * each, and some are always free for a new one. Jobs without a tenant may use all.
 */
export class FairQueue {
  readonly #maxRunning: number
  readonly #maxWaitingPerTenant: number
  /** Lanes with jobs, in the order of their turns. */
  readonly #lanes = new Map<unknown, Lane>()
  #running = 0

  constructor({ maxRunning, maxWaitingPerTenant }: FairQueueOptions) {
    this.#maxRunning = checkInteger('maxRunning', maxRunning, 1)
    this.#maxWaitingPerTenant = checkInteger('maxWaitingPerTenant', maxWaitingPerTenant, 1)
  }

  /**
   * Runs a job, now or in its turn. Returns a function that removes it while it waits, or undefined if too many wait.
   */
  add(tenant: unknown, job: Job): (() => void) | undefined {
    const lane = this.#lanes.get(tenant) ?? { running: 0, waiting: new Set() }
    if (lane.waiting.size >= this.#maxWaitingPerTenant) return undefined
    this.#lanes.set(tenant, lane)
    lane.waiting.add(job)
    this.#runNext()
    return () => {
      lane.waiting.delete(job)
      this.#forgetIdle(tenant, lane)
    }
  }

  #runNext(): void {
    for (let found = this.#nextLane(); found !== undefined; found = this.#nextLane()) this.#run(...found)
  }

  #nextLane(): [tenant: unknown, lane: Lane] | undefined {
    const free = this.#maxRunning - this.#running
    if (free === 0) return undefined
    for (const [tenant, lane] of this.#lanes) {
      const mayRun = tenant === undefined || lane.running === 0 || lane.running < free
      if (lane.waiting.size > 0 && mayRun) return [tenant, lane]
    }
    return undefined
  }

  #run(tenant: unknown, lane: Lane): void {
    const [job] = lane.waiting
    if (job === undefined) return
    lane.waiting.delete(job)
    lane.running++
    this.#running++
    // Moves the lane to the end of the queue.
    this.#lanes.delete(tenant)
    this.#lanes.set(tenant, lane)
    let isReleased = false
    job(() => {
      if (isReleased) return
      isReleased = true
      lane.running--
      this.#running--
      this.#forgetIdle(tenant, lane)
      this.#runNext()
    })
  }

  #forgetIdle(tenant: unknown, lane: Lane): void {
    if (lane.running === 0 && lane.waiting.size === 0 && this.#lanes.get(tenant) === lane) this.#lanes.delete(tenant)
  }
}
