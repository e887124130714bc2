import type { Clock } from '@ls/foundation'
import type { AckArrival } from '@ls/codec'
import { Fifo } from '../flow/fifo.js'
import { WindowedMinimum } from './windowed-minimum.js'

/** What the Ack of a message that was watched says about the path. */
export interface PathSample {
  /** Number of the message. */
  readonly sequence: number
  /** Time there and back, without what the Ack waited and, with `ack2`, without the queue of the way back. */
  readonly delayMs: number
  /** The shortest time there and back of late. */
  readonly baseMs: number
  /** Bytes a millisecond that were acknowledged between its sending and its Ack. */
  readonly rate: number
  /** What was under way when it left, itself included. */
  readonly inFlightBytes: number
  /** The limit held something back meanwhile: what was acknowledged is all that the path and the peer can do. */
  readonly heldBack: boolean
}

interface Mark {
  readonly sequence: number
  readonly sentAtMs: number
  readonly inFlightBytes: number
  /** What had been acknowledged when it left, and when. */
  readonly acknowledgedBytes: number
  readonly acknowledgedAtMs: number
}

/** Measures a path by some of the messages sent over it. */
export class PathSampler {
  readonly #clock: Clock
  readonly #marks = new Fifo<Mark>()
  readonly #base = new WindowedMinimum(baseLifetimeMs)
  /** Of the time there, by two clocks that do not agree: only differences mean anything. */
  readonly #oneWay = new WindowedMinimum(baseLifetimeMs)
  #clockOffsetUs: number | undefined
  #sent = 0
  #sentBytes = 0
  #unmarkedBytes = 0
  #acknowledgedBytes = 0
  #acknowledgedAtMs = 0
  #heldBackAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Message `sequence` leaves; one in `everyBytes` is watched. */
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
      // Where nothing was under way, the time since the last Ack is not the path's.
      acknowledgedAtMs: alone ? sentAtMs : this.#acknowledgedAtMs,
    })
  }

  /** Something is held back because of the limit. */
  reached(): void {
    this.#heldBackAt = this.#sent
  }

  /** The peer has everything up to `sequence`, which is `bytes` more than before. */
  acknowledged(sequence: number, bytes: number, arrival: AckArrival | undefined): PathSample | undefined {
    this.#acknowledgedBytes += bytes
    if (this.#marks.length === 0) return undefined
    const now = this.#clock.now()
    this.#acknowledgedAtMs = now - (arrival?.delayUs ?? 0) / 1000
    const mark = this.#takeMark(sequence)
    return mark && this.#sample(mark, now, arrival)
  }

  /** The last mark up to `sequence`; those before it are given up. */
  #takeMark(sequence: number): Mark | undefined {
    let last: Mark | undefined
    for (let mark = this.#marks.peek(); mark !== undefined && mark.sequence <= sequence; mark = this.#marks.peek()) {
      last = this.#marks.shift()
    }
    return last
  }

  #sample(mark: Mark, now: number, arrival: AckArrival | undefined): PathSample {
    // A clock of whole milliseconds must not make a rate infinite, nor a peer that lies a time negative.
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

  /** How much longer a message took to the peer than the fastest of late. */
  #queueMs(atUs: number, { sentAtMs }: Mark, now: number): number {
    const differenceUs = atUs - Math.round(sentAtMs * 1000)
    this.#clockOffsetUs ??= differenceUs
    // The peer's clock starts again at 2^32.
    const oneWayMs = ((differenceUs - this.#clockOffsetUs) | 0) / 1000
    this.#oneWay.add(oneWayMs, now)
    return oneWayMs - this.#oneWay.value
  }
}

/** How long a shortest time counts before it is taken anew: paths change. */
const baseLifetimeMs = 10_000

const leastMs = 0.1
