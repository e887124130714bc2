import type { Clock, Logger } from '@ls/foundation'

/** Warnings that a client can bring about as often as it likes: each text once in a while, with a count of the others. */
export class RareLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #lines = new Map<string, { saidAtMs: number; unsaid: number }>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** `message` has to be one of a few constants: it is what tells lines apart. */
  warn(message: string, reason: string): void {
    const now = this.#clock.now()
    const line = this.#lines.get(message)
    if (line !== undefined && now - line.saidAtMs < intervalMs) {
      line.unsaid++
      return
    }
    this.#logger.warn({ reason, before: line?.unsaid ?? 0 }, message)
    this.#lines.set(message, { saidAtMs: now, unsaid: 0 })
  }
}

/** Often enough to be seen while it happens, in milliseconds. */
const intervalMs = 10_000
