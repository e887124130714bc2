import { initialTimeoutMs } from './round-trip-timeout.js'

/** Gains of RFC 6298 §2.3: how much one sample changes the mean and its deviation. */
const meanGain = 1 / 8
const variationGain = 1 / 4

/**
 * Measures round trips by numbered probes, one measurement at a time. A probe sent again before its answer keeps its
 * number, so that the first answer yields a sample and later ones none.
 */
export class RoundTrip {
  /** Smoothed mean in milliseconds, undefined before the first sample. */
  smoothedMs: number | undefined
  /** Smoothed mean deviation in milliseconds. */
  variationMs: number | undefined
  /** Shortest round trip, in milliseconds; undefined before the first one. */
  minMs: number | undefined

  /** Retransmission timeout in milliseconds (RFC 6298 §2.1, §2.3); a later answer is overdue. */
  get timeoutMs(): number {
    if (this.smoothedMs === undefined || this.variationMs === undefined) return initialTimeoutMs
    return this.smoothedMs + 4 * this.variationMs
  }

  #id = 0
  #sentAtMs: number | undefined

  /** Returns the number for a probe that leaves now (1–0xffffffff, then again from 1). */
  begin(nowMs: number): number {
    if (this.#sentAtMs !== undefined) return this.#id
    this.#id = this.#id === 0xffffffff ? 1 : this.#id + 1
    this.#sentAtMs = nowMs
    return this.#id
  }

  /** Records the answer to probe `id` and returns its sample; ignores any other than the current probe. */
  finish(id: number, nowMs: number): number | undefined {
    if (this.#sentAtMs === undefined || id !== this.#id) return undefined
    const sampleMs = nowMs - this.#sentAtMs
    this.#add(sampleMs)
    this.#sentAtMs = undefined
    return sampleMs
  }

  /** Discards the current measurement, because the time passed for another reason than the path. */
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
