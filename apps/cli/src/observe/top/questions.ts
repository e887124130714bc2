import type { Clock, TimerHandle } from '@ls/foundation'

export interface QuestionsOptions {
  readonly clock: Clock
  /** Asks once, and does with the answer what is to be done. Never rejects. */
  readonly ask: () => Promise<void>
  /** There is still no answer after so long, in milliseconds; told once a period. */
  readonly onSlow: (waitedMs: number) => void
}

/** How often the server is asked, in milliseconds. */
export const periodMs = 1000

/** An answer that takes this long is worth a word, in milliseconds: what is shown is old. */
export const slowMs = 2000

/**
 * Asks once a period, and one question at a time: a server that needs longer is not asked more, and every answer is
 * shown.
 */
export class Questions {
  readonly #options: QuestionsOptions
  /** Undefined while nothing is asked. */
  #askedAtMs: number | undefined
  #isAskedNext = false
  #timer: TimerHandle

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** Asks again and again from now on. */
  start(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#tick(), periodMs)
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
    this.#isAskedNext = false
  }

  /** Asks at once, or as soon as the last question is answered. */
  async askNow(): Promise<void> {
    if (this.#askedAtMs !== undefined) {
      this.#isAskedNext = true
      return
    }
    this.#isAskedNext = false
    this.#askedAtMs = this.#options.clock.now()
    await this.#options.ask()
    this.#askedAtMs = undefined
    if (this.#isAskedNext) await this.askNow()
  }

  #tick(): void {
    const { clock, onSlow } = this.#options
    this.start()
    if (this.#askedAtMs === undefined) return void this.askNow()
    const waitedMs = clock.now() - this.#askedAtMs
    if (waitedMs >= slowMs) onSlow(waitedMs)
  }
}
