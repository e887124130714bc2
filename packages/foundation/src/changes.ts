import { type Clock, systemClock } from './clock.js'

/** Wakes code that waits for a state, so that it need not poll. Code that changes the state calls {@link note}. */
export class Changes {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #count = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Notifies waiting code: its condition may be true now. */
  note(): void {
    this.#count++
    for (const wake of this.#waiting) wake()
  }

  /**
   * Resolves with true once `isReached` returns true, and with false after `limitMs` milliseconds without. It calls
   * `isReached` immediately, and {@link settleMs} after changes.
   */
  async until(isReached: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#clock.now() + limitMs
    for (;;) {
      const seen = this.#count
      if (isReached()) return true
      const leftMs = endMs - this.#clock.now()
      if (leftMs <= 0) return false
      if (seen === this.#count) await this.#next(leftMs)
      await this.#sleep(Math.min(settleMs, Math.max(0, endMs - this.#clock.now())))
    }
  }

  /** Resolves with the next change, or after `ms`. */
  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#clock.clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = this.#clock.setTimeout(wake, ms)
      this.#waiting.add(wake)
    })
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimeout(resolve, ms))
  }
}

/**
 * Time for further changes before a check, in milliseconds: thousands of channels that end together cost a few checks.
 */
const settleMs = 10
