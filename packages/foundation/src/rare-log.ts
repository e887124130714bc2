import type { Clock } from './clock.js'
import type { Logger } from './logger.js'

/**
 * Rate-limited warnings for events that clients can cause at will: each text once in a while, with a count of the
 * omitted ones.
 */
export class RareLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #lines = new Map<string, { saidAtMs: number; unsaid: number }>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Logs a warning. `message` must be one of a few constants, or name a setting, since lines are limited by it. */
  warn(message: string, reason: string): void {
    const now = this.#clock.now()
    const line = this.#lines.get(message)
    if (line !== undefined && now - line.saidAtMs < intervalMs) {
      line.unsaid++
      return
    }
    const before = line === undefined || line.unsaid === 0 ? {} : { before: line.unsaid }
    this.#logger.warn({ reason, ...before }, message)
    // Added last, so that the first entry is the oldest.
    this.#lines.delete(message)
    this.#lines.set(message, { saidAtMs: now, unsaid: 0 })
    this.#dropOldest()
  }

  #dropOldest(): void {
    const [oldest] = this.#lines.keys()
    if (this.#lines.size > maxLines && oldest !== undefined) this.#lines.delete(oldest)
  }
}

/** Interval of each text, in milliseconds: short enough to see an event while it happens. */
const intervalMs = 10_000

/** Texts that are remembered: many more than there are settings, in case clients can choose them after all. */
const maxLines = 1000
