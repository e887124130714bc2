import type { Extension } from '@ls/codec'
import { expect, test } from 'vitest'
import { LoadedPath, quantile } from '../../testing/loaded-path.js'
import { plainTcpEchoes, plainTcpRate } from '../../testing/plain-tcp.js'

const extensions: readonly Extension[] = ['window', 'fin', 'resume', 'ack2']
const bytesPerMsOfMbit = 125
/** Payload of a packet of 1500 bytes on the wire: the share of a path that plain TCP uses. */
const payloadShare = 1448 / 1500
const echoEveryMs = 37

interface Row {
  readonly mbit: number
  readonly roundTripMs: number
  readonly streams: number
  readonly direction: 'down' | 'up'
  readonly queueBytes?: number
  /** Share of lost packets. */
  readonly loss?: number
  readonly seed?: number
  /** A second transport may carry urgent messages. @default false */
  readonly urgent?: boolean
  /** BBR never leaves its start. @default false */
  readonly startsOnly?: boolean
}

function open({
  mbit,
  roundTripMs,
  queueBytes = 1_000_000,
  loss = 0,
  seed = 0,
  urgent = false,
  startsOnly = false,
}: Omit<Row, 'streams' | 'direction'>): LoadedPath {
  const shape = { rate: mbit * bytesPerMsOfMbit, roundTripMs, queueBytes, loss, seed, startsOnly }
  const path = new LoadedPath(shape, { extensions: urgent ? [...extensions, 'urgent'] : extensions })
  path.echo(echoEveryMs)
  return path
}

interface Seen {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  /** Share of plain TCP's throughput. */
  readonly share: number
}

/** Measures echoes beside bulk, after `settleMs`; echo times exclude the round trip. */
function load(row: Row): Seen {
  const { mbit, roundTripMs, streams, direction, queueBytes = 1_000_000, loss = 0 } = row
  const path = open(row)
  path.load(direction, streams)
  path.clock.advance(settleMs)
  const from = path.clock.now()
  const rate = path.run(measureMs)
  const times = path.echoTimes(from, from + measureMs - 3 * roundTripMs).map((tookMs) => tookMs - roundTripMs)
  const plain = plainTcpRate({ rate: mbit * bytesPerMsOfMbit, roundTripMs, queueBytes, loss }, settleMs, measureMs)
  return {
    p50Ms: quantile(times, 0.5),
    p90Ms: quantile(times, 0.9),
    p99Ms: quantile(times, 0.99),
    share: rate / plain,
  }
}

const settleMs = 4000
/** Long enough to contain one of the pauses that BBR makes each 10 s. */
const measureMs = 10_000

const directions = ['down', 'up'] as const

const slow = directions.flatMap((direction) =>
  [1, 20].map((streams): Row => ({ mbit: 1, roundTripMs: 50, queueBytes: 65_536, streams, direction })),
)

test.each(slow)('an echo beside $streams streams $direction at 1 Mbit/s waits for a few messages', (row) => {
  const { p50Ms, p99Ms, share } = load(row)
  expect({ p50: p50Ms <= 100, p99: p99Ms <= 250, share: share >= 0.95 }).toEqual({ p50: true, p99: true, share: true })
})

const fast = directions.flatMap((direction) =>
  [5, 20, 100].flatMap((mbit) =>
    [20, 50, 200].map((roundTripMs): Row => ({ mbit, roundTripMs, streams: 8, direction })),
  ),
)

test.each(fast)('an echo beside 8 streams $direction at $mbit Mbit/s and $roundTripMs ms waits for no queue', (row) => {
  const { p50Ms, p90Ms, share } = load(row)
  // The longest tenth contains the pause of BBR, which a program cannot change, and the queue at that time.
  const [p50, p90] = [p50Ms <= Math.max(30, row.roundTripMs / 5), p90Ms <= Math.max(100, row.roundTripMs)]
  expect({ p50, p90, share: share >= 0.94 }).toEqual({ p50: true, p90: true, share: true })
})

const besideSecond = fast.filter(({ direction, roundTripMs }) => direction === 'down' || roundTripMs === 50)

test.each(besideSecond)(
  'pauses of TCP hold up no echo beside 8 streams $direction at $mbit Mbit/s and $roundTripMs ms',
  (row) => {
    const { p99Ms, share } = load({ ...row, urgent: true })
    // With a round trip of 200 ms a queue is noticed after 200 ms, and has grown for as long.
    expect({ p99: p99Ms <= (row.roundTripMs < 200 ? 30 : 250), share: share >= 0.95 }).toEqual({
      p99: true,
      share: true,
    })
  },
)

const bursty = directions.flatMap((direction) => [1, 8].map((streams) => ({ streams, direction })))

test.each(bursty)('$streams streams $direction leave evenly where BBR does not leave its start', (row) => {
  // The send buffer of Linux is less than three times what this path holds.
  const { p99Ms, share } = load({ ...row, mbit: 100, roundTripMs: 200, urgent: true, startsOnly: true })
  expect({ p99: p99Ms <= 100, share: share >= 0.9 }).toEqual({ p99: true, share: true })
})

test.each(directions)('an echo waits for the wanted queue only, while the limit of 8 streams %s grows', (direction) => {
  const roundTripMs = 200
  const path = open({ mbit: 100, roundTripMs, urgent: true, startsOnly: true })
  path.clock.advance(1500)
  path.load(direction, 8)
  path.clock.advance(7500)
  // A step that is too large makes a queue of 43 ms; wanted is an eighth of the round trip.
  expect(quantile(path.echoTimes(5000, 8500), 0.95) - roundTripMs).toBeLessThanOrEqual(roundTripMs / 8)
})

const steady = [
  { mbit: 20, roundTripMs: 50, streams: 1 },
  { mbit: 20, roundTripMs: 50, streams: 8 },
  { mbit: 100, roundTripMs: 50, streams: 8 },
].flatMap((path) => directions.map((direction) => ({ ...path, direction })))

test.each(steady)('an echo beside $streams streams $direction at $mbit Mbit/s and 50 ms waits for 10 ms', (row) => {
  // BBR stays in its start on such paths too: the limit always leaves it without data.
  const { p50Ms, share } = load({ ...row, urgent: true, startsOnly: true })
  expect({ p50: p50Ms <= 12, share: share >= 0.95 }).toEqual({ p50: true, share: true })
})

/** `least`: share of plain TCP's throughput. */
const lossy = [
  { loss: 0.01, least: 0.88 },
  { loss: 0.05, least: 0.85 },
].flatMap((path) => directions.flatMap((direction) => [1, 4].map((streams) => ({ ...path, direction, streams }))))

test.each(lossy)('$streams streams $direction with a loss of $loss have $least of plain TCP', ({ least, ...row }) => {
  const roundTripMs = 100
  // The result depends on which packets are lost: one sequence has 0.82, and the next 0.98.
  const seen = [0, 1, 2, 3, 4].map((seed) => load({ ...row, mbit: 50, roundTripMs, seed }))
  const p50Ms = median(seen.map((each) => each.p50Ms))
  const share = median(seen.map((each) => each.share))
  // All messages behind a lost packet wait for it, and so does an echo.
  expect({ p50: p50Ms <= 4 * roundTripMs, share: share >= least }).toEqual({ p50: true, share: true })
})

test.each(lossy)('$streams streams $direction with a loss of $loss hold up no echo where it has a transport', (row) => {
  const roundTripMs = 100
  const seen = [0, 1, 2].map((seed) => load({ ...row, mbit: 50, roundTripMs, seed, urgent: true }))
  const shape = { rate: 50 * bytesPerMsOfMbit, roundTripMs, queueBytes: 1_000_000, loss: row.loss }
  const plainMs = quantile(plainTcpEchoes(shape, echoEveryMs, settleMs, measureMs), 0.5)
  const p50Ms = median(seen.map((each) => each.p50Ms)) + roundTripMs
  const share = median(seen.map((each) => each.share))
  expect({ p50: p50Ms <= 1.5 * plainMs, share: share >= 0.85 }).toEqual({ p50: true, share: true })
})

const lossyStarts = directions.flatMap((direction) => [1, 4].map((streams) => ({ direction, streams })))

test.each(lossyStarts)('losses hold up neither $streams streams $direction at their start nor an echo', (row) => {
  const roundTripMs = 100
  const shape = { rate: 50 * bytesPerMsOfMbit, roundTripMs, queueBytes: 1_000_000, loss: 0.01 }
  const plain = plainTcpRate(shape, 0, settleMs)
  const seen = [0, 1, 2, 3, 4].map((seed) => {
    const path = open({ mbit: 50, roundTripMs, loss: 0.01, seed, urgent: true })
    path.load(row.direction, row.streams)
    const rate = path.run(settleMs)
    return { share: rate / plain, p50Ms: quantile(path.echoTimes(0, settleMs), 0.5) }
  })
  const share = median(seen.map((each) => each.share))
  const p50Ms = median(seen.map((each) => each.p50Ms))
  expect({ share: share >= 0.8, p50: p50Ms <= 1.25 * roundTripMs }).toEqual({ share: true, p50: true })
})

test('a path of 5 ms is left with one transport, whatever its delays', () => {
  const path = open({ mbit: 50, roundTripMs: 5, loss: 0.05, urgent: true })
  path.download(4)
  path.clock.advance(settleMs)
  expect(path.left.hasUrgent).toBe(false)
})

function median(values: number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}

test('an echo is quick again once the bytes in flight at 20 Mbit/s have passed at 1 Mbit/s', () => {
  const path = open({ mbit: 20, roundTripMs: 50, queueBytes: 65_536 })
  path.download(8)
  path.clock.advance(5000)
  path.change({ rate: bytesPerMsOfMbit, roundTripMs: 50, queueBytes: 65_536, loss: 0 })
  const from = path.clock.now()
  path.clock.advance(5000)
  // A round trip and a quarter at 20 Mbit/s takes 1.3 s at 1 Mbit/s, and nothing can overtake it.
  expect(quantile(path.echoTimes(from + 1600, from + 4500), 0.9)).toBeLessThan(50 + 200)
})

test('an echo stays quick when the rate goes from 20 to 1 and to 20 Mbit/s, where it has a transport', () => {
  const shape = { roundTripMs: 50, queueBytes: 65_536, loss: 0 }
  const path = open({ mbit: 20, roundTripMs: 50, queueBytes: 65_536, urgent: true })
  path.download(8)
  path.clock.advance(5000)
  const from = path.clock.now()
  for (const mbit of [1, 20]) {
    path.change({ ...shape, rate: mbit * bytesPerMsOfMbit })
    path.clock.advance(5000)
  }
  const slowest = [from, from + 5000].map((atMs) => quantile(path.echoTimes(atMs + 300, atMs + 4500), 0.99))
  expect(slowest.map((tookMs, index) => tookMs <= 50 + [250, 30][index]!)).toEqual([true, true])
})

test('an echo stays quick on a path that gets faster', () => {
  const path = open({ mbit: 1, roundTripMs: 50, queueBytes: 65_536 })
  path.download(8)
  path.clock.advance(5000)
  path.change({ rate: 20 * bytesPerMsOfMbit, roundTripMs: 50, queueBytes: 65_536, loss: 0 })
  const from = path.clock.now()
  path.clock.advance(5000)
  // Two round trips and 200 ms after the change.
  expect(quantile(path.echoTimes(from + 300, from + 4500), 0.9)).toBeLessThan(50 + 200)
})

test('a path that gets faster is used within two seconds', () => {
  const path = open({ mbit: 1, roundTripMs: 50 })
  path.download(8)
  path.clock.advance(5000)
  path.change({ rate: 20 * bytesPerMsOfMbit, roundTripMs: 50, queueBytes: 1_000_000, loss: 0 })
  path.clock.advance(2000)
  expect(path.run(3000) / (20 * bytesPerMsOfMbit * payloadShare)).toBeGreaterThan(0.9)
})

test.each(directions)('streams of 64 KiB a second and bulk leave each other their share %s', (direction) => {
  const path = open({ mbit: 5, roundTripMs: 50 })
  path.load(direction, 2)
  path.load(direction, 2, 6554, 100)
  path.clock.advance(4000)
  const before = [...path.received]
  path.clock.advance(8000)
  const [bulk1 = 0, bulk2 = 0, ...steady] = path.received.map((bytes, index) => (bytes - (before[index] ?? 0)) / 8)
  expect({ bulk: Math.min(bulk1, bulk2) > 200_000, steady: Math.min(...steady) > 0.97 * 65_536 }).toEqual({
    bulk: true,
    steady: true,
  })
})

test.each(directions)(
  'twenty streams %s that send more than the path carries cannot starve one of bulk',
  (direction) => {
    const path = open({ mbit: 5, roundTripMs: 50 })
    path.load(direction, 1)
    path.load(direction, 20, 6554, 100)
    path.clock.advance(4000)
    const [before = 0] = path.received
    path.clock.advance(8000)
    const fairShare = (5 * bytesPerMsOfMbit * payloadShare * 8000) / 21
    expect(((path.received[0] ?? 0) - before) / fairShare).toBeGreaterThan(0.8)
  },
)
