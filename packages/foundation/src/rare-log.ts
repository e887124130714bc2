import type { Clock } from './clock.js'
import type { Logger } from './logger.js'

/**
 * Rate-limited warnings for events that others can cause at will: each text once in a while, with a count of the
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

  /** `message` must be one of a few constants, or name a setting, since lines are limited by it. */
  warn(message: string, reason: string): void {
    const now = this.#clock.now()
    const line = this.#lines.get(message)
    if (line !== undefined && now - line.saidAtMs < intervalMs) {
      line.unsaid++
      return
    }
    const before = line === undefined || line.unsaid === 0 ? {} : { before: line.unsaid }
    this.#logger.warn({ reason, ...before }, message)
    // Said last, so that the first one is the oldest.
    this.#lines.delete(message)
    this.#lines.set(message, { saidAtMs: now, unsaid: 0 })
    this.#dropOldest()
  }

  #dropOldest(): void {
    const [oldest] = this.#lines.keys()
    if (this.#lines.size > maxLines && oldest !== undefined) this.#lines.delete(oldest)
  }
}

/** Often enough to be seen while it happens, in milliseconds. */
const intervalMs = 10_000

/** Texts that are remembered: many more than there are settings, should others choose them after all. */
const maxLines = 1000
