import type { Clock } from '@ls/foundation'

export interface AddressPaceOptions {
  readonly clock: Clock
  /** Jobs of one address (IPv6: one /64) in a second, which may all run together after a pause; at least 1. */
  readonly jobsPerSecond: number
}

/** Interval at which addresses with a full bucket are removed, in milliseconds. */
const sweepMs = 1000

/** Limits the rate of jobs of each address: a bucket that fills again within a second. */
export class AddressPace {
  readonly #options: AddressPaceOptions
  /** Time when the bucket of an address is full again, in milliseconds of the clock (the GCRA of ATM). */
  readonly #fullAtMs = new Map<string, number>()
  #sweptAtMs: number

  constructor(options: AddressPaceOptions) {
    this.#options = options
    this.#sweptAtMs = options.clock.now()
  }

  /** Number of addresses in memory: those that had a job within the last second or two. */
  get size(): number {
    return this.#fullAtMs.size
  }

  /** Returns how long the address must wait for its next job, in milliseconds; 0 if it may have one now. */
  restMs(group: string): number {
    const fullAtMs = this.#fullAtMs.get(group)
    if (fullAtMs === undefined) return 0
    return Math.max(0, fullAtMs - this.#options.clock.now() - 1000 + this.#intervalMs)
  }

  /** Counts a job of the address. */
  count(group: string): void {
    const now = this.#options.clock.now()
    this.#sweep(now)
    this.#fullAtMs.set(group, Math.max(now, this.#fullAtMs.get(group) ?? 0) + this.#intervalMs)
  }

  /** Removes a counted job of the address. */
  uncount(group: string): void {
    const fullAtMs = this.#fullAtMs.get(group)
    if (fullAtMs !== undefined) this.#fullAtMs.set(group, fullAtMs - this.#intervalMs)
  }

  get #intervalMs(): number {
    return 1000 / this.#options.jobsPerSecond
  }

  #sweep(now: number): void {
    if (now - this.#sweptAtMs < sweepMs) return
    this.#sweptAtMs = now
    for (const [group, fullAtMs] of this.#fullAtMs) if (fullAtMs <= now) this.#fullAtMs.delete(group)
  }
}
