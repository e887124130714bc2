/** Gains of RFC 6298 §2.3: how far one sample moves the mean and its deviation. */
const meanGain = 1 / 8
const variationGain = 1 / 4

/** RFC 6298 §2.1: what to assume of a path that has not been measured, in milliseconds. */
const initialTimeoutMs = 1000

/**
 * Measures round trips by numbered probes, one measurement at a time. A probe sent again before its answer keeps its
 * number, so that the first answer yields a sample and later ones none.
 */
export class RoundTrip {
  /** Smoothed mean in milliseconds, undefined before the first sample. */
  smoothedMs: number | undefined
  /** Smoothed mean deviation in milliseconds. */
  variationMs: number | undefined
  minMs: number | undefined

  /** Retransmission timeout in milliseconds (RFC 6298 §2.1, §2.3): past it, an answer is late. */
  get timeoutMs(): number {
    if (this.smoothedMs === undefined || this.variationMs === undefined) return initialTimeoutMs
    return this.smoothedMs + 4 * this.variationMs
  }

  #id = 0
  #sentAtMs: number | undefined

  /** Number for a probe that leaves now (1–0xffffffff, then again from 1). */
  begin(nowMs: number): number {
    if (this.#sentAtMs !== undefined) return this.#id
    this.#id = this.#id === 0xffffffff ? 1 : this.#id + 1
    this.#sentAtMs = nowMs
    return this.#id
  }

  /** Takes the answer to probe `id` and returns its sample; anything but the one under way is ignored. */
  finish(id: number, nowMs: number): number | undefined {
    if (this.#sentAtMs === undefined || id !== this.#id) return undefined
    const sampleMs = nowMs - this.#sentAtMs
    this.#add(sampleMs)
    this.#sentAtMs = undefined
    return sampleMs
  }

  /** Gives up the measurement under way, because time passed that is not the path's. */
  discard(): void {
    this.#sentAtMs = undefined
  }

  #add(sampleMs: number): void {
    if (this.smoothedMs === undefined || this.variationMs === undefined || this.minMs === undefined) {
      this.smoothedMs = sampleMs
      this.variationMs = sampleMs / 2
      this.minMs = sampleMs
      return
    }
    const deviation = Math.abs(this.smoothedMs - sampleMs)
    this.variationMs += variationGain * (deviation - this.variationMs)
    this.smoothedMs += meanGain * (sampleMs - this.smoothedMs)
    this.minMs = Math.min(this.minMs, sampleMs)
  }
}
