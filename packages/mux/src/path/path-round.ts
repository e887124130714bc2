import type { PathSample } from './path-sampler.js'

/**
 * Collects the samples of a round: messages that were all sent under one limit. Their shortest delay shows the queue,
 * since jitter only makes a delay longer.
 */
export class PathRound {
  #settledAfter = 0
  #best: PathSample | undefined
  #samples = 0
  #mostBytes = 0

  /** Starts a round: messages up to `sent` no longer count. */
  begin(sent: number): void {
    this.#settledAfter = sent
    this.#best = undefined
    this.#samples = 0
    this.#mostBytes = 0
  }

  /**
   * Returns the round once it has `needed` samples: the last sample, with the round's shortest delay and with the bytes
   * that the limit allowed.
   */
  add(sample: PathSample, needed: number, limitBytes: number): PathSample | undefined {
    if (sample.sequence <= this.#settledAfter) return undefined
    if (this.#best === undefined || sample.delayMs <= this.#best.delayMs) this.#best = sample
    this.#mostBytes = Math.max(sample.inFlightBytes, this.#mostBytes)
    if (++this.#samples < needed) return undefined
    const inFlightBytes = sample.heldBack ? limitBytes : Math.min(this.#mostBytes, limitBytes)
    return { ...sample, delayMs: this.#best.delayMs, inFlightBytes }
  }
}
