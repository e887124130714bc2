import type { Clock, TimerHandle } from '@ls/foundation'
import { beatMs } from './members.js'

export interface HeartbeatOptions {
  readonly clock: Clock
  /** Called each second, with a number that grows. */
  onBeat(beat: number): void
  /** Called before a beat when all entries of this node must be written again: call `refreshed` then. */
  onStale(): void
}

/** Interval at which presence is written again, in milliseconds, before stores remove it. */
const refreshMs = 200_000

/** Time between two beats, in milliseconds, after which this node was suspended, and writes all its entries again. */
const lateMs = 20_000

/** The signs of life of this node. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #count = 0
  #lastMs = 0
  #dueMs = 0
  #timer: TimerHandle
  #isStopped = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** Number of the last beat. */
  get count(): number {
    return this.#count
  }

  /** Begins, with a first beat. */
  start(): void {
    if (this.#isStopped) return
    const { clock, onBeat, onStale } = this.#options
    this.#timer = clock.setTimeout(() => this.start(), beatMs)
    const now = clock.now()
    if (now >= this.#dueMs || now - this.#lastMs > lateMs) onStale()
    this.#lastMs = now
    onBeat(++this.#count)
  }

  /** Notes that all entries have been written. */
  refreshed(): void {
    this.#dueMs = this.#options.clock.now() + refreshMs
  }

  /** Ends for good. */
  stop(): void {
    this.#isStopped = true
    this.#options.clock.clearTimeout(this.#timer)
  }
}
