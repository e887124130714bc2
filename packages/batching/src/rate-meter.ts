/**
 * Speed of a stream in bytes per second, averaged with exponentially less weight for older bytes. It needs two numbers
 * and no timer, and falls by itself while no bytes arrive.
 */
export class RateMeter {
  readonly #windowMs: number
  #bytesPerSecond = 0
  #measuredAtMs = 0

  /** @param windowMs Age at which bytes still count a third (1/e). */
  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Counts bytes that passed at `nowMs`. */
  add(bytes: number, nowMs: number): void {
    this.#bytesPerSecond = this.bytesPerSecond(nowMs) + (bytes * 1000) / this.#windowMs
    this.#measuredAtMs = nowMs
  }

  /** The rate at `nowMs`, in bytes a second. */
  bytesPerSecond(nowMs: number): number {
    return this.#bytesPerSecond * Math.exp((this.#measuredAtMs - nowMs) / this.#windowMs)
  }
}
