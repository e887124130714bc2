export interface ReconnectScheduleOptions {
  /** The first delay, in milliseconds. @default 250 */
  readonly firstMs?: number | undefined
  /** The longest delay once the link has been down for long, in milliseconds. @default 60000 */
  readonly maxMs?: number | undefined
  /** Returns a number between 0 and 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** Inputs of a delay besides the number of attempts. */
export interface LinkLoss {
  /** Time since the link was lost, in milliseconds. */
  readonly downMs: number
  /** Whether a session waits to be resumed, so that users wait for its channels. */
  readonly resuming: boolean
  /** Whether the server refused the token: it counts such attempts, so frequent ones do not help. */
  readonly refused: boolean
}

/**
 * Schedules attempts to reconnect. While a session waits to be resumed: within a second, without increasing later
 * delays. After that the delay doubles, up to 5 s for the first 10 minutes and up to `maxMs` from then on, without end.
 * Every delay is random between half its base and all of it, so that clients of one server do not reconnect in the same
 * instant.
 */
export class ReconnectSchedule {
  readonly #firstMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #baseMs: number

  constructor({ firstMs = 250, maxMs = 60_000, random = Math.random }: ReconnectScheduleOptions = {}) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
    this.#random = random
    this.#baseMs = firstMs
  }

  /** Returns the delay before the next attempt, in whole milliseconds. */
  next({ downMs, resuming, refused }: LinkLoss): number {
    if (resuming) return this.#spread(Math.min(resumeMs, this.#maxMs))
    if (refused) this.#baseMs = Math.max(this.#baseMs, eagerMaxMs)
    const limitMs = downMs < eagerForMs ? Math.min(this.#maxMs, Math.max(eagerMaxMs, this.#firstMs)) : this.#maxMs
    const baseMs = Math.min(this.#baseMs, limitMs)
    this.#baseMs = baseMs * 2
    return this.#spread(baseMs)
  }

  /** Resets the delay: the link is up. */
  reset(): void {
    this.#baseMs = this.#firstMs
  }

  #spread(baseMs: number): number {
    return Math.round(baseMs * (0.5 + this.#random() / 2))
  }
}

/** Delay within the server's grace time, in milliseconds: short enough for a user who watches a stalled transfer. */
const resumeMs = 1000

/**
 * Longest delay at first, in milliseconds: most outages are restarts, attempts 5 s apart cost a server next to nothing,
 * and users hardly notice the wait.
 */
const eagerMaxMs = 5000

/** Time after a loss with short delays, in milliseconds; a longer outage is no restart. */
const eagerForMs = 600_000
