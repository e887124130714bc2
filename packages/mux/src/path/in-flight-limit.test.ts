import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { InFlightLimit } from './in-flight-limit.js'

interface Path {
  /** Bytes a millisecond. */
  readonly rate: number
  readonly roundTripMs: number
}

/**
 * A path with a queue in front of its bottleneck, a sender that always has more data, and Acks as in protocol.md §3.
 */
class Bottleneck {
  readonly clock = new FakeClock()
  readonly limit: InFlightLimit
  readonly #ack2: boolean
  path: Path
  /** What the windows of all channels allow in flight. */
  windowBytes = Infinity
  deliveredBytes = 0
  inFlightBytes = 0
  #sequence = 0
  #delivered = 0
  #acknowledged = 0
  #freeAtMs = 0
  #stalledUntilMs = 0
  #unacknowledgedBytes = 0
  #ackTimer: unknown

  constructor(path: Path, ack2 = false) {
    this.path = path
    this.#ack2 = ack2
    this.limit = new InFlightLimit({ clock: this.clock, ack2, quantumBytes: messageBytes })
  }

  /** Sends for `ms`; returns the rate that arrived in its second half. */
  run(ms: number): number {
    this.#pump()
    this.clock.advance(ms / 2)
    const before = this.deliveredBytes
    this.clock.advance(ms / 2)
    return (this.deliveredBytes - before) / (ms / 2)
  }

  /** Holds everything back for `ms`, as TCP does behind a lost packet; then all of it arrives. */
  stall(ms: number): void {
    this.#stalledUntilMs = this.clock.now() + ms
    this.clock.advance(ms)
  }

  #pump(): void {
    while (this.inFlightBytes < Math.min(this.limit.bytes, this.windowBytes)) {
      this.inFlightBytes += messageBytes
      this.limit.sent(++this.#sequence, messageBytes)
      this.#freeAtMs = Math.max(this.#freeAtMs, this.clock.now()) + messageBytes / this.path.rate
      this.clock.setTimeout(() => this.#arrived(), this.#freeAtMs + this.path.roundTripMs / 2 - this.clock.now())
    }
    if (this.inFlightBytes >= this.limit.bytes) this.limit.reached()
  }

  #arrived(): void {
    const stalledMs = this.#stalledUntilMs - this.clock.now()
    if (stalledMs > 0) return void this.clock.setTimeout(() => this.#arrived(), stalledMs)
    this.#delivered++
    this.deliveredBytes += messageBytes
    this.#unacknowledgedBytes += messageBytes
    if (this.#unacknowledgedBytes >= 262_144) this.#acknowledge()
    else this.#ackTimer ??= this.clock.setTimeout(() => this.#acknowledge(), 50)
  }

  #acknowledge(): void {
    this.clock.clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    this.#unacknowledgedBytes = 0
    const sequence = this.#delivered
    const arrival = this.#ack2 ? { atUs: this.clock.now() * 1000, delayUs: 0 } : undefined
    this.clock.setTimeout(() => {
      const bytes = (sequence - this.#acknowledged) * messageBytes
      this.#acknowledged = sequence
      this.inFlightBytes -= bytes
      this.limit.acknowledged(sequence, bytes, arrival)
      this.#pump()
    }, this.path.roundTripMs / 2)
  }
}

const messageBytes = 65_536

/** 8 Mbit/s to 800 Mbit/s, from a local cable to a path halfway around the world. */
const paths: Path[] = [1000, 10_000, 100_000].flatMap((rate) =>
  [0.2, 20, 200, 600].map((roundTripMs) => ({ rate, roundTripMs })),
)

test.each(paths)('InFlightLimit reaches the full rate of $rate bytes/ms at $roundTripMs ms', (path) => {
  expect(new Bottleneck(path).run(10_000 + 40 * path.roundTripMs) / path.rate).toBeGreaterThan(0.98)
})

test.each(paths)('InFlightLimit keeps the queue on $rate bytes/ms at $roundTripMs ms short', (path) => {
  const bottleneck = new Bottleneck(path)
  bottleneck.run(15_000)
  const queueMs = bottleneck.inFlightBytes / path.rate - path.roundTripMs
  // Another round trip as Acks show it, two messages, and an allowance for jitter.
  const messageMs = messageBytes / path.rate
  expect(queueMs).toBeLessThan(path.roundTripMs + 2 * (50 + messageMs) + 2 * messageMs + 50)
})

test('InFlightLimit follows a path that gets slower', () => {
  const bottleneck = new Bottleneck({ rate: 10_000, roundTripMs: 50 })
  bottleneck.run(5000)
  bottleneck.path = { rate: 500, roundTripMs: 50 }
  bottleneck.run(30_000)
  expect(bottleneck.limit.bytes).toBeLessThan(400_000)
})

test('InFlightLimit follows a path that gets faster', () => {
  const bottleneck = new Bottleneck({ rate: 500, roundTripMs: 50 })
  bottleneck.run(5000)
  bottleneck.path = { rate: 50_000, roundTripMs: 50 }
  expect(bottleneck.run(10_000) / 50_000).toBeGreaterThan(0.98)
})

test('InFlightLimit ends its start although windows allow less than half of it', () => {
  const bottleneck = new Bottleneck({ rate: 6250, roundTripMs: 200 }, true)
  bottleneck.windowBytes = 875_000
  bottleneck.run(3000)
  const before = bottleneck.limit.bytes
  bottleneck.path = { rate: 1250, roundTripMs: 200 }
  bottleneck.run(8000)
  // The path holds 250 KB.
  expect({ overshot: before > 1_750_000, limited: bottleneck.limit.bytes < 375_000 }).toEqual({
    overshot: true,
    limited: true,
  })
})

test('InFlightLimit does not allow for losses after a few stalls of a path that was even', () => {
  const bottleneck = new Bottleneck({ rate: 10_000, roundTripMs: 100 }, true)
  bottleneck.limit.relax(true)
  bottleneck.run(5000)
  const before = bottleneck.limit.bytes
  const limits: number[] = []
  for (let count = 0; count < 3; count++) {
    bottleneck.stall(400)
    bottleneck.clock.advance(200)
    limits.push(bottleneck.limit.bytes)
  }
  for (let count = 0; count < 20; count++) {
    bottleneck.clock.advance(100)
    limits.push(bottleneck.limit.bytes)
  }
  expect(Math.max(...limits) / before).toBeLessThan(1.5)
})

test('InFlightLimit follows a path that gets longer', () => {
  const bottleneck = new Bottleneck({ rate: 50_000, roundTripMs: 5 })
  bottleneck.run(5000)
  bottleneck.path = { rate: 50_000, roundTripMs: 300 }
  expect(bottleneck.run(60_000) / 50_000).toBeGreaterThan(0.95)
})

test('InFlightLimit is not lowered by a sender that has little to send', () => {
  const bottleneck = new Bottleneck({ rate: 100_000, roundTripMs: 100 })
  bottleneck.run(5000)
  const { limit, clock } = bottleneck
  const before = limit.bytes
  limit.restart(0)
  const fresh = new InFlightLimit({ clock, ack2: false, quantumBytes: messageBytes })
  for (let sequence = 1; sequence <= 20; sequence++) {
    fresh.sent(sequence, 100)
    clock.advance(100)
    fresh.acknowledged(sequence, 100)
  }
  expect({ grown: before > 10_000_000, reset: fresh.bytes >= 65_536 }).toEqual({ grown: true, reset: true })
})

test('InFlightLimit.restart forgets the old path', () => {
  const bottleneck = new Bottleneck({ rate: 100_000, roundTripMs: 100 })
  bottleneck.run(5000)
  bottleneck.limit.restart(0)
  expect(bottleneck.limit.bytes).toBe(131_072)
})
