export interface ReconnectDelayOptions {
  /** @default 5000 */
  readonly firstMs: number
  /** @default 600000 */
  readonly maxMs: number
  /** Between 0 and 1. @default Math.random */
  readonly random?: () => number
}

/** How long to wait before the next attempt: growing by half each time, with jitter, until one succeeds. */
export class ReconnectDelay {
  readonly #options: ReconnectDelayOptions
  #nextMs: number

  constructor(options: ReconnectDelayOptions) {
    this.#options = options
    this.#nextMs = options.firstMs
  }

  /** The delay before the next attempt, in milliseconds. */
  next(): number {
    const { maxMs, random = Math.random } = this.#options
    const baseMs = this.#nextMs
    this.#nextMs = Math.min(baseMs * growth, maxMs)
    // A quarter either way: clients that lost the same server must not all come back in the same instant.
    return Math.round(baseMs * (0.75 + random() / 2))
  }

  reset(): void {
    this.#nextMs = this.#options.firstMs
  }
}

const growth = 1.5
