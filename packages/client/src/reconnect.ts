export interface ReconnectScheduleOptions {
  /** The first delay, in milliseconds. @default 250 */
  readonly firstMs?: number
  /** The longest delay once the link has been down for long, in milliseconds. @default 60000 */
  readonly maxMs?: number
  /** Between 0 and 1. @default Math.random */
  readonly random?: () => number
}

/** What a delay depends on besides the attempts before. */
export interface LinkLoss {
  /** Since the link was lost, in milliseconds. */
  readonly downMs: number
  /** A session waits to be resumed, and people wait for its channels. */
  readonly resuming: boolean
  /** The server refused the token: it counts such attempts, and trying often helps nobody. */
  readonly refused: boolean
}

/**
 * When a link is tried again. While a session waits to be resumed: after a second at most, and this uses up nothing. After
 * that: doubling, up to 5 s for the first 10 minutes and up to `maxMs` from then on, without end. Every delay is between
 * half and all of its base: clients that lost the same server must not all come back in the same instant.
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

  /** The delay before the next attempt, in whole milliseconds. */
  next({ downMs, resuming, refused }: LinkLoss): number {
    if (resuming) return this.#spread(Math.min(resumeMs, this.#maxMs))
    if (refused) this.#baseMs = Math.max(this.#baseMs, eagerMaxMs)
    const limitMs = downMs < eagerForMs ? Math.min(this.#maxMs, Math.max(eagerMaxMs, this.#firstMs)) : this.#maxMs
    const baseMs = Math.min(this.#baseMs, limitMs)
    this.#baseMs = baseMs * 2
    return this.#spread(baseMs)
  }

  /** The link is up. */
  reset(): void {
    this.#baseMs = this.#firstMs
  }

  #spread(baseMs: number): number {
    return Math.round(baseMs * (0.5 + this.#random() / 2))
  }
}

/** Within the server's grace, in milliseconds: often enough for someone who watches a transfer stand still. */
const resumeMs = 1000

/** Most outages are restarts: 5 s between attempts cost a server next to nothing, and are not felt much. */
const eagerMaxMs = 5000

/** How long a link is tried eagerly after a loss, in milliseconds; what takes longer is no restart. */
const eagerForMs = 600_000
