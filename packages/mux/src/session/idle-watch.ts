import type { Clock, TimerHandle } from '@ls/foundation'
import type { ReadonlyTable } from '../memory/table.js'
import type { TableEntry } from './table-entry.js'

export interface IdleWatchOptions {
  readonly clock: Clock
  readonly idleLimitMs: number
  readonly idleCheckMs: number
}

/** Aborts channels that were idle for too long. All share one timer; it does not run while there are no channels. */
export class IdleWatch {
  readonly #options: IdleWatchOptions
  readonly #entries: ReadonlyTable<never, TableEntry>
  #timer: TimerHandle
  #running = false

  constructor(options: IdleWatchOptions, entries: ReadonlyTable<never, TableEntry>) {
    this.#options = options
    this.#entries = entries
  }

  /** Starts the timer when an entry is added; does nothing if it runs already. */
  start(): void {
    if (this.#running) return
    this.#running = true
    this.#timer = this.#options.clock.setTimeout(() => this.#check(), this.#options.idleCheckMs)
  }

  stop(): void {
    this.#running = false
    this.#options.clock.clearTimeout(this.#timer)
  }

  #check(): void {
    const { idleLimitMs, idleCheckMs } = this.#options
    this.#running = false
    // A snapshot: a handler may open another channel immediately.
    for (const entry of Array.from(this.#entries.values())) {
      if (++entry.idleChecks * idleCheckMs > idleLimitMs) entry.abort(`timeout: no data for ${idleLimitMs} ms`)
    }
    if (this.#entries.size > 0) this.start()
  }
}
