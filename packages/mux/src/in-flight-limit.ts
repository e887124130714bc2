import type { Clock } from '@ls/batching'

/**
 * How many bytes may be sent and not acknowledged before bulk has to wait (only with `resume`, which has Acks).
 *
 * Without it the kernel takes megabytes on a slow path, and whatever is sent later, a keystroke, a Window, queues up
 * behind them for seconds. The limit is twice what the path holds, as BBR has it (delivery rate × shortest round trip);
 * so it doubles within a round trip wherever it was what held the sender back, and no path runs slower for it.
 *
 * One message at a time is watched: a sample is what was acknowledged between its sending and its Ack.
 */
export class InFlightLimit {
  readonly #clock: Clock
  #limitBytes = startBytes
  #acknowledgedBytes = 0
  /** Bytes a millisecond. */
  #rate = 0
  /** Shortest time from sending to Ack, which is late by up to 50 ms or 256 KiB (protocol.md §3). */
  #minRoundTripMs = Infinity
  #minTakenAtMs = 0
  /** The limit is below what the path seems to hold, so that its queue empties and shows the true round trip. */
  #probing = false
  #heldBack = false
  /** Number of the message that is watched, 0 for none. */
  #watched = 0
  #watchedAtMs = 0
  #watchedFromBytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get bytes(): number {
    return this.#limitBytes
  }

  /** A numbered message leaves. */
  sent(sequence: number): void {
    if (this.#watched !== 0) return
    this.#watched = sequence
    this.#watchedAtMs = this.#clock.now()
    this.#watchedFromBytes = this.#acknowledgedBytes
    this.#heldBack = false
  }

  /** The limit held something back: what is delivered meanwhile is all that the path and the peer can do. */
  reached(): void {
    this.#heldBack = true
  }

  /** The peer has everything up to `sequence`, which is `bytes` more than before. */
  acknowledged(sequence: number, bytes: number): void {
    this.#acknowledgedBytes += bytes
    if (this.#watched === 0 || sequence < this.#watched) return
    this.#watched = 0
    const now = this.#clock.now()
    // A clock of whole milliseconds must not make a rate infinite.
    const roundTripMs = Math.max(now - this.#watchedAtMs, 0.1)
    this.#learnRate((this.#acknowledgedBytes - this.#watchedFromBytes) / roundTripMs, roundTripMs)
    this.#learnRoundTrip(roundTripMs, now)
    this.#limitBytes = this.#compute()
  }

  /** Another transport, another path. */
  restart(): void {
    this.#limitBytes = startBytes
    this.#rate = 0
    this.#minRoundTripMs = Infinity
    this.#probing = false
    this.#watched = 0
  }

  /** Less was delivered than before: that says something about the path only if there was more to deliver. */
  #learnRate(rate: number, overMs: number): void {
    if (rate >= this.#rate) this.#rate = rate
    else if (this.#heldBack && !this.#probing)
      this.#rate = Math.max(rate, this.#rate * 0.5 ** (overMs / rateHalfLifeMs))
  }

  #learnRoundTrip(roundTripMs: number, now: number): void {
    const lifetimeMs = Math.max(minLifetimeMs, minLifetimeRounds * this.#minRoundTripMs)
    const stale = now - this.#minTakenAtMs > lifetimeMs
    if (roundTripMs <= this.#minRoundTripMs || this.#probing || (stale && !this.#heldBack)) {
      this.#minRoundTripMs = roundTripMs
      this.#minTakenAtMs = now
      this.#probing = false
    } else {
      this.#probing = stale
    }
  }

  #compute(): number {
    const heldBytes = this.#rate * Math.max(this.#minRoundTripMs, turnMs)
    if (this.#probing) return Math.max(heldBytes * probeShare, minSlackBytes)
    return 2 * heldBytes + Math.min(Math.max(this.#rate * jitterMs, minSlackBytes), startBytes)
  }
}

/** Before anything is known, and the most that is allowed for jitter: two Acks' worth. */
const startBytes = 524_288

/** One message of the usual size always fits. */
const minSlackBytes = 65_536

/** Event loops that are busy answer this much later than usual. */
const jitterMs = 50

/** A round trip through two event loops under load, where the wire itself takes less. */
const turnMs = 20

/** Little enough to empty any queue within a few probes, enough to keep the path busy meanwhile. */
const probeShare = 3 / 4

/** A rate that is no longer reached counts half after this time: one stall must not cost the next second. */
const rateHalfLifeMs = 1000

/** A shortest round trip older than this is taken anew, since paths change; often enough, and at most 2 % of the time. */
const minLifetimeMs = 10_000
const minLifetimeRounds = 50
