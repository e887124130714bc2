/** Minimum of the values of the last one to two lifetimes, stored in two numbers. */
export class WindowedMinimum {
  readonly #lifetimeMs: number
  #current = Infinity
  #previous = Infinity
  #beganAtMs = 0

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs
  }

  /** The minimum; Infinity before the first value. */
  get value(): number {
    return Math.min(this.#current, this.#previous)
  }

  add(value: number, nowMs: number): void {
    if (nowMs - this.#beganAtMs >= this.#lifetimeMs) {
      this.#previous = this.#current
      this.#current = value
      this.#beganAtMs = nowMs
    } else {
      this.#current = Math.min(this.#current, value)
    }
  }
}
