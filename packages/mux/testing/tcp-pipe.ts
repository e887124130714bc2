import type { FakeClock } from '@ls/testkit'

/** Properties of a direction of a simulated path. */
export interface PathOptions {
  /** Rate of the narrowest point, in bytes a millisecond: 125 for 1 Mbit/s. */
  readonly rate: number
  /** Round trip without any queue, in milliseconds. */
  readonly roundTripMs: number
  /** Bytes that wait in front of the narrowest point before packets are dropped. */
  readonly queueBytes: number
  /** Seed of the random losses. @default 0 */
  readonly seed?: number
  /** Share of packets that are lost at random, 0 to 1. */
  readonly loss: number
  /** BBR never leaves its start: for that its send buffer would have to hold three times what the path holds. */
  readonly startsOnly?: boolean
}

/** The narrowest point of a path, which several connections may share. */
export class Bottleneck {
  freeAtMs = 0
}

interface Segment {
  /** Position in the stream of its last byte. */
  readonly end: number
  readonly bytes: number
}

interface Arrival {
  readonly dueMs: number
  readonly segment: Segment
}

/**
 * One direction of a TCP connection over a bottleneck, as a program sees it: the kernel accepts bytes up to its send
 * buffer, sends them in order, paced, with at most two bandwidth-delay products in flight, and delivers them in order.
 * A lost packet is sent again a round trip later, and all behind it waits. As BBR does, it starts slowly; then, in
 * every eight round trips, it sends faster than the path for one and slower for one. Each 10 s it nearly stops for 200
 * ms.
 */
export class TcpPipe {
  path: PathOptions
  readonly #clock: FakeClock
  readonly #random: () => number
  readonly #onDelivered: (streamBytes: number) => void
  readonly #onDrain: () => void
  /** Ends of segments that have arrived before an earlier one that was lost. */
  readonly #early = new Map<number, number>()
  readonly #arrivals: Arrival[] = []
  readonly #acknowledgements: Arrival[] = []
  readonly #lost: Arrival[] = []
  #writtenBytes = 0
  #sentBytes = 0
  #inFlightBytes = 0
  #acknowledgedBytes = 0
  #deliveredBytes = 0
  #windowBytes = 10 * segmentBytes
  readonly #bottleneck: Bottleneck
  #nextSendAtMs = 0
  #pauseAtMs = pauseEveryMs
  #pauseEndsAtMs: number | undefined
  #timer: { readonly handle: unknown; readonly dueMs: number } | undefined

  constructor(clock: FakeClock, path: PathOptions, seed: number, calls: PipeCalls, bottleneck = new Bottleneck()) {
    this.#bottleneck = bottleneck
    this.#clock = clock
    this.path = path
    this.#random = makeRandom(seed)
    this.#onDelivered = calls.onDelivered
    this.#onDrain = calls.onDrain
  }

  /** Whether the kernel accepts more bytes now. */
  get hasRoom(): boolean {
    return this.#writtenBytes - this.#acknowledgedBytes < sendBufferBytes
  }

  write(bytes: number): void {
    this.#writtenBytes += bytes
    this.#step()
  }

  #step(): void {
    const now = this.#clock.now()
    for (let next = due(this.#arrivals, now); next !== undefined; next = due(this.#arrivals, now)) this.#arrive(next)
    const before = this.hasRoom
    for (let next = due(this.#acknowledgements, now); next !== undefined; next = due(this.#acknowledgements, now)) {
      this.#acknowledge(next)
    }
    this.#sendWhatFits(now)
    this.#schedule(now)
    if (!before && this.hasRoom) this.#onDrain()
  }

  #sendWhatFits(now: number): void {
    while (this.#nextSendAtMs <= now) {
      const again = due(this.#lost, now)
      if (again !== undefined) {
        this.#transmit(again.segment, now)
        continue
      }
      const bytes = Math.min(segmentBytes, this.#writtenBytes - this.#sentBytes)
      if (bytes === 0 || this.#inFlightBytes + bytes > this.#windowNow(now)) return
      this.#sentBytes += bytes
      this.#inFlightBytes += bytes
      this.#transmit({ end: this.#sentBytes, bytes }, now)
    }
  }

  /** Sends a packet through the queue, or drops it; either way the sender is notified a round trip later. */
  #transmit(segment: Segment, now: number): void {
    const { rate, roundTripMs, queueBytes, loss } = this.path
    const packetBytes = segment.bytes + headerBytes
    this.#nextSendAtMs = now + packetBytes / (this.#pacingGain(now) * rate)
    const waitMs = Math.max(this.#bottleneck.freeAtMs - now, 0)
    const dropped = waitMs * rate + packetBytes > queueBytes || this.#random() < loss
    if (dropped) return insert(this.#lost, { dueMs: now + waitMs + roundTripMs, segment })
    this.#bottleneck.freeAtMs = now + waitMs + packetBytes / rate
    insert(this.#arrivals, { dueMs: this.#bottleneck.freeAtMs + roundTripMs / 2, segment })
  }

  /**
   * Returns the bytes that may be in flight: almost none for a while at intervals, so that BBR measures the round trip
   * without a queue.
   */
  #windowNow(now: number): number {
    if (now < this.#pauseAtMs) return this.#windowBytes
    if (this.#inFlightBytes <= pauseBytes) this.#pauseEndsAtMs ??= now + pauseMs
    if (now < (this.#pauseEndsAtMs ?? Infinity)) return pauseBytes
    this.#pauseAtMs = now + pauseEveryMs
    this.#pauseEndsAtMs = undefined
    return this.#windowBytes
  }

  #pacingGain(now: number): number {
    const { rate, roundTripMs } = this.path
    const starting = this.path.startsOnly === true || this.#windowBytes < 2 * rate * roundTripMs
    return starting ? startGain : (cycleGains[Math.floor(now / Math.max(roundTripMs, 1)) % cycleGains.length] ?? 1)
  }

  #arrive({ dueMs, segment }: Arrival): void {
    insert(this.#acknowledgements, { dueMs: dueMs + this.path.roundTripMs / 2, segment })
    this.#early.set(segment.end - segment.bytes, segment.end)
    const before = this.#deliveredBytes
    for (let end = this.#early.get(before); end !== undefined; end = this.#early.get(end)) {
      this.#early.delete(this.#deliveredBytes)
      this.#deliveredBytes = end
    }
    if (this.#deliveredBytes > before) this.#onDelivered(this.#deliveredBytes)
  }

  #acknowledge({ segment }: Arrival): void {
    const { rate, roundTripMs } = this.path
    this.#inFlightBytes -= segment.bytes
    this.#acknowledgedBytes += segment.bytes
    const roundTrips = this.path.startsOnly === true ? startGain : 2
    const mostBytes = Math.max(roundTrips * rate * roundTripMs, 10 * segmentBytes)
    this.#windowBytes = Math.min(this.#windowBytes + segment.bytes, mostBytes)
  }

  #schedule(now: number): void {
    const times = [this.#arrivals[0]?.dueMs, this.#acknowledgements[0]?.dueMs]
    const waits = this.#sentBytes < this.#writtenBytes && this.#inFlightBytes + segmentBytes <= this.#windowNow(now)
    if (waits) times.push(this.#nextSendAtMs)
    if (this.#lost[0] !== undefined) times.push(Math.max(this.#lost[0].dueMs, this.#nextSendAtMs))
    const dueMs = Math.min(...times.map((time) => time ?? Infinity))
    if (dueMs === this.#timer?.dueMs) return
    this.#clock.clearTimeout(this.#timer?.handle)
    this.#timer = undefined
    if (dueMs === Infinity) return
    const handle = this.#clock.setTimeout(() => {
      this.#timer = undefined
      this.#step()
    }, dueMs - now)
    this.#timer = { handle, dueMs }
  }
}

export interface PipeCalls {
  /** Called when all bytes up to this position in the stream have been delivered. */
  onDelivered(streamBytes: number): void
  onDrain(): void
}

/** A full Ethernet frame's payload with TCP timestamps, and the headers around it. */
const segmentBytes = 1448
const headerBytes = 52

/** net.ipv4.tcp_wmem of Linux, its largest. */
const sendBufferBytes = 4_194_304

/**
 * Factors by which BBR sends faster than the path: at first, and from round trip to round trip
 * (draft-cardwell-iccrg-bbr-00 §4.3).
 */
const startGain = 2.89
const cycleGains = [1.25, 0.75, 1, 1, 1, 1, 1, 1]

/** Interval, length and depth of the pauses in which BBR empties the path (§4.3.5 there). */
const pauseEveryMs = 10_000
const pauseMs = 200
const pauseBytes = 4 * segmentBytes

/** Removes and returns the first item of `list` if it is due. */
function due(list: Arrival[], now: number): Arrival | undefined {
  const first = list[0]
  return first !== undefined && first.dueMs <= now + clockErrorMs ? list.shift() : undefined
}

/** Rounding error of sums of fractions of a millisecond. */
const clockErrorMs = 1e-6

/** Inserts into `list` in order of time; a new item nearly always comes last. */
function insert(list: Arrival[], item: Arrival): void {
  let index = list.length
  while (index > 0 && (list[index - 1]?.dueMs ?? 0) > item.dueMs) index--
  list.splice(index, 0, item)
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
