interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** A chain of timers longer than this inside one `advance` counts as an endless loop. */
const maxCallbacks = 1_000_000

/**
 * Time under the test's control; fits `Clock` of `@ls/batching`.
 *
 * @example
 * ```ts
 * const clock = new FakeClock()
 * clock.setTimeout(() => console.log('due'), 50)
 * clock.advance(50)
 * ```
 */
export class FakeClock {
  #nowMs: number
  /** In order of scheduling, which breaks ties between timers due together. */
  readonly #timers = new Set<Timer>()

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Time at which the next timer is due; undefined when none is pending. */
  get nextDueMs(): number | undefined {
    return this.#next()?.dueMs
  }

  now(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer)
  }

  /** Lets `ms` pass: runs due timers in order of time, including those that callbacks add meanwhile. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`time only goes forward, got ${ms} ms`)
    const untilMs = this.#nowMs + ms
    for (let count = 0; ; count++) {
      if (count === maxCallbacks) throw new Error(`more than ${maxCallbacks} timers ran within ${ms} ms`)
      const timer = this.#next()
      if (timer === undefined || timer.dueMs > untilMs) break
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.callback()
    }
    this.#nowMs = untilMs
  }

  /** Lets `ms` pass without running timers, as a suspended machine does: due timers run late, at the next `advance`. */
  jump(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`time only goes forward, got ${ms} ms`)
    this.#nowMs += ms
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueMs < next.dueMs) next = timer
    }
    return next
  }
}
