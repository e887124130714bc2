import type { Clock, TimerHandle } from '@ls/foundation'

export interface QuestionsOptions {
  readonly clock: Clock
  /** Sends one request, and handles the answer. Never rejects. */
  readonly ask: () => Promise<void>
  /** Called once a period while there is still no answer after `waitedMs`, in milliseconds. */
  readonly onSlow: (waitedMs: number) => void
}

/** Period of requests, in milliseconds. */
export const periodMs = 1000

/** Time without an answer, in milliseconds, after which the user sees a notice: the shown data is old. */
export const slowMs = 2000

/** Sends one request a period, and one at a time: a slow server gets no more requests, and every answer is shown. */
export class Questions {
  readonly #options: QuestionsOptions
  /** Time of the pending request; undefined without one. */
  #askedAtMs: number | undefined
  #isAskedNext = false
  #timer: TimerHandle

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** Starts the periodic requests. */
  start(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#tick(), periodMs)
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
    this.#isAskedNext = false
  }

  /** Sends a request immediately, or when the last one is answered. */
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
