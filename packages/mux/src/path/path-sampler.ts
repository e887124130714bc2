import type { AckArrival } from '@ls/codec'
import type { Clock } from '@ls/foundation'
import { WindowedMinimum } from './windowed-minimum.js'

/** Measurement of the path from the Ack of a watched message. */
export interface PathSample {
  /** Number of the message. */
  readonly sequence: number
  /** Round trip without the Ack's own delay and, with `ack2`, without the queue of the return path. */
  readonly delayMs: number
  /** The shortest recent round trip. */
  readonly baseMs: number
  /** Bytes a millisecond that were acknowledged from the time it was sent until its Ack. */
  readonly rate: number
  /** Bytes in flight when it left, itself included. */
  readonly inFlightBytes: number
  /** Whether the limit held messages back meanwhile, so the throughput is the maximum of path and peer. */
  readonly heldBack: boolean
}

interface Mark {
  readonly sequence: number
  readonly sentAtMs: number
  readonly inFlightBytes: number
  /** Bytes acknowledged when it left, and the time. */
  readonly acknowledgedBytes: number
  readonly acknowledgedAtMs: number
}

/** Measures a path by some of the messages sent over it. */
export class PathSampler {
  readonly #clock: Clock
  /** Watched messages in flight, a dozen at most. */
  readonly #marks: Mark[] = []
  readonly #base = new WindowedMinimum(baseLifetimeMs)
  /** Shortest one-way time. The two clocks differ, so only differences are meaningful. */
  readonly #oneWay = new WindowedMinimum(baseLifetimeMs)
  #clockOffsetUs: number | undefined
  #sent = 0
  #sentBytes: number
  #unmarkedBytes = 0
  #acknowledgedBytes = 0
  #acknowledgedAtMs = 0
  #heldBackAt = 0

  /** `inFlightBytes`: bytes of earlier messages whose Acks are still to come. */
  constructor(clock: Clock, inFlightBytes: number) {
    this.#clock = clock
    this.#sentBytes = inFlightBytes
  }

  /** Called when message `sequence` leaves; one in `everyBytes` is watched. */
  sent(sequence: number, bytes: number, everyBytes: number): void {
    this.#sent = sequence
    this.#sentBytes += bytes
    this.#unmarkedBytes += bytes
    const alone = this.#marks.length === 0
    if (this.#unmarkedBytes < everyBytes && !alone) return
    this.#unmarkedBytes = 0
    const sentAtMs = this.#clock.now()
    const acknowledgedBytes = this.#acknowledgedBytes
    this.#marks.push({
      sequence,
      sentAtMs,
      inFlightBytes: this.#sentBytes - acknowledgedBytes,
      acknowledgedBytes,
      // Without bytes in flight, the time since the last Ack does not measure the path.
      acknowledgedAtMs: alone ? sentAtMs : this.#acknowledgedAtMs,
    })
  }

  /** Called when the limit holds a message back. */
  reached(): void {
    this.#heldBackAt = this.#sent
  }

  /** Called when the peer has everything up to `sequence`, which is `bytes` more than before. */
  acknowledged(sequence: number, bytes: number, arrival: AckArrival | undefined): PathSample | undefined {
    this.#acknowledgedBytes += bytes
    if (this.#marks.length === 0) return undefined
    const now = this.#clock.now()
    this.#acknowledgedAtMs = now - (arrival?.delayUs ?? 0) / 1000
    const mark = this.#takeMark(sequence)
    return mark && this.#sample(mark, now, arrival)
  }

  /** Returns the last mark up to `sequence`; drops the earlier ones. */
  #takeMark(sequence: number): Mark | undefined {
    let last: Mark | undefined
    for (let [mark] = this.#marks; mark !== undefined && mark.sequence <= sequence; [mark] = this.#marks) {
      last = this.#marks.shift()
    }
    return last
  }

  #sample(mark: Mark, now: number, arrival: AckArrival | undefined): PathSample {
    // A clock of whole milliseconds must not give an infinite rate, and a peer with false times must not give a
    // negative time.
    const roundTripMs = Math.max(this.#acknowledgedAtMs - mark.sentAtMs, leastMs)
    const overMs = Math.max(this.#acknowledgedAtMs - mark.acknowledgedAtMs, leastMs)
    this.#base.add(roundTripMs, now)
    return {
      sequence: mark.sequence,
      delayMs: arrival === undefined ? roundTripMs : this.#base.value + this.#queueMs(arrival.atUs, mark, now),
      baseMs: this.#base.value,
      rate: (this.#acknowledgedBytes - mark.acknowledgedBytes) / overMs,
      inFlightBytes: mark.inFlightBytes,
      heldBack: this.#heldBackAt >= mark.sequence,
    }
  }

  /** Extra time that a message took to the peer compared with the fastest recent one. */
  #queueMs(atUs: number, { sentAtMs }: Mark, now: number): number {
    const differenceUs = atUs - Math.round(sentAtMs * 1000)
    this.#clockOffsetUs ??= differenceUs
    // The peer's clock wraps at 2^32.
    const oneWayMs = ((differenceUs - this.#clockOffsetUs) | 0) / 1000
    this.#oneWay.add(oneWayMs, now)
    return oneWayMs - this.#oneWay.value
  }
}

/** Lifetime of a shortest time before it is measured again, in milliseconds: paths change. */
const baseLifetimeMs = 10_000

const leastMs = 0.1
