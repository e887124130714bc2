import type { PathSample } from './path-sampler.js'
import { mostSteadyBytes } from './path-slack.js'

/** What the limit of bytes in flight does after a round of the start. */
export type StartStep = 'double' | 'keep' | 'end'

/**
 * Judges the rounds of the start, in which the limit doubles until a queue appears and throughput no longer grows: the
 * TCP connection underneath starts slowly, and more so where packets are lost.
 */
export class PathStart {
  readonly #newTcpBytes: number
  #standstill = 0
  #lastRate = 0
  #lastExcessMs = 0
  #bestRate = 0
  #sawDelay = false
  #sawStall = false

  /**
   * @param newTcpBytes Bytes in flight up to which the start of the TCP connection itself causes a delay, which soon
   * ends.
   */
  constructor(newTcpBytes: number) {
    this.#newTcpBytes = newTcpBytes
  }

  /** Whether the last round had hardly more throughput than the round before. */
  get standsStill(): boolean {
    return this.#standstill > 0
  }

  /** Whether a round was late, because bulk fills the path or losses hold it up. */
  get sawDelay(): boolean {
    return this.#sawDelay
  }

  /**
   * Whether losses are likely: a long delay ended, or throughput rose much, although the limit was not lowered. A queue
   * of the bottleneck does not end by itself, and behind it the throughput is already at its maximum. False on a path
   * that holds much: there the extra bytes in flight that losses need would overfill the queue.
   */
  hasLosses(baseMs: number): boolean {
    return this.#sawStall && this.#bestRate * baseMs < mostSteadyBytes
  }

  /**
   * Adds a round. `excessMs`: delay beyond the wanted one. With `relaxed`, urgent messages have another transport, so
   * the start continues while throughput grows: a loss delays all messages behind it, and BBR leaves its own start too
   * early when it has no data.
   */
  learn({ rate, inFlightBytes, baseMs }: PathSample, excessMs: number, relaxed: boolean): StartStep {
    const isLate = excessMs >= baseMs * lateShare
    if (inFlightBytes > this.#newTcpBytes) {
      this.#sawDelay ||= isLate
      const ended = excessMs < this.#lastExcessMs / 2 || rate >= stallGrowth * this.#lastRate
      this.#sawStall ||= ended && this.#lastExcessMs >= baseMs * stallShare
    }
    const grows = rate >= leastGrowth * this.#lastRate
    this.#standstill = grows ? 0 : this.#standstill + 1
    this.#lastRate = rate
    this.#lastExcessMs = excessMs
    this.#bestRate = Math.max(this.#bestRate, rate)
    if (!isLate || (relaxed && grows)) return 'double'
    return this.#standstill < mostStandstill ? 'keep' : 'end'
  }
}

/** Delay of a round that shows a queue, in round trips. */
const lateShare = 1 / 8

/** Delay of a round that may come from a loss, in round trips; a loss costs about one. A busy machine delays less. */
const stallShare = 1 / 2

/** Factor by which throughput still grows from one round to the next; and the factor after a stall. */
const leastGrowth = 1.2
const stallGrowth = 1.5

/** Rounds with a queue and without growth after which the start ends. */
const mostStandstill = 2
