import type { PathSample } from './path-sampler.js'
import { baseOf, slackOf } from './path-slack.js'

/**
 * Detects whether a path delays messages unevenly, as losses do: messages behind a lost packet wait a round trip for
 * it. On such a path the shortest delay of a round does not show the queue well.
 *
 * A short queue of the bottleneck that overflows looks the same, and allowing for losses would keep it full. So on a
 * path that was even a trial decides: a few rounds with so little in flight that nothing waits. Delays that remain
 * uneven come from losses.
 */
export class Unevenness {
  #mean = 0
  #isUneven = false
  #evenRounds = 0
  #trialRounds = 0
  #trialSum = 0

  get isUneven(): boolean {
    return this.#isUneven
  }

  /** Whether nothing should wait in a queue now, so that the cause of losses shows. */
  get isOnTrial(): boolean {
    return this.#trialRounds > 0
  }

  /** Assumes losses until the next rounds have shown an even path. */
  suspect(): void {
    this.#isUneven = true
    this.#mean = enterShare
  }

  /** Adds a round. `share`: see {@link unevenShare}. May begin or end a trial. */
  learn(share: number): void {
    const bounded = Math.min(Math.max(share, 0), 2 * enterShare)
    if (this.isOnTrial) return this.#try(bounded)
    this.#mean += (bounded - this.#mean) * gain
    const isNew = !this.#isUneven && this.#mean > enterShare
    this.#isUneven = this.#mean > (this.#isUneven ? leaveShare : enterShare)
    const wasEven = this.#evenRounds >= evenRounds
    if (!wasEven) this.#evenRounds = share < leaveShare ? this.#evenRounds + 1 : 0
    if (isNew && wasEven) this.#beginTrial()
  }

  #beginTrial(): void {
    this.#isUneven = false
    this.#trialRounds = trialRounds
    this.#trialSum = 0
  }

  #try(share: number): void {
    this.#trialRounds--
    this.#trialSum += share
    const hasLosses = this.#trialSum > trialRounds * trialShare
    if (hasLosses) this.#trialRounds = 0
    if (this.isOnTrial) return
    this.#mean = 0
    if (hasLosses) this.suspect()
  }
}

/** Returns the mean delay of a round beyond the shortest, in round trips. */
export function unevenShare(round: PathSample): number {
  const meanMs = round.inFlightBytes / round.rate
  return (meanMs - round.delayMs - slackOf(round)) / Math.max(baseOf(round), jitterRoundTripMs)
}

/**
 * Shortest round trip for which uneven delays are measured, in milliseconds: a busy machine delays messages by some 30
 * ms, which would look like losses on a shorter path.
 */
const jitterRoundTripMs = 100

/** Share from which losses are the likely cause. */
const enterShare = 0.3

/**
 * A limit that allows for losses makes delays even again, so one threshold would lower it again immediately. Simulated
 * at 50 Mbit/s, 100 ms and 1 % loss, one threshold had 0.85 to 0.94 of plain TCP's throughput, two 0.98.
 */
const leaveShare = 0.1

const gain = 1 / 4

/** Consecutive even rounds that show a path without losses; what comes later is at first taken for an overflow. */
const evenRounds = 8

/** Rounds of a trial, and the mean share in them that shows losses; a single stall has less. */
const trialRounds = 5
const trialShare = 0.15
