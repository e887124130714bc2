import type { Extension } from '@ls/codec'
import { expect, test } from 'vitest'
import { LoadedPath, quantile } from '../testing/loaded-path.js'

const extensions: readonly Extension[] = ['window', 'fin', 'resume', 'ack2']
const bytesPerMsOfMbit = 125
/** Payload of a packet of 1500 bytes on the wire: what plain TCP has of a path. */
const payloadShare = 1448 / 1500
const echoEveryMs = 37

function open(mbit: number, roundTripMs: number, queueBytes = 1_000_000): LoadedPath {
  const path = new LoadedPath({ rate: mbit * bytesPerMsOfMbit, roundTripMs, queueBytes, loss: 0 }, { extensions })
  path.echo(echoEveryMs)
  return path
}

interface Seen {
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of what plain TCP has. */
  readonly share: number
}

/** What is seen beside downloads, after `settleMs`; echoes are beyond the round trip. */
function load(path: LoadedPath, mbit: number, roundTripMs: number, streams: number): Seen {
  path.download(streams)
  path.clock.advance(settleMs)
  const from = path.clock.now()
  const rate = path.run(measureMs)
  const times = path.echoTimes(from, from + measureMs - roundTripMs).map((tookMs) => tookMs - roundTripMs)
  const share = rate / (mbit * bytesPerMsOfMbit * payloadShare)
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), share }
}

const settleMs = 4000
const measureMs = 8000

test.each([1, 20])('an echo beside %i downloads at 1 Mbit/s waits for a few messages', (streams) => {
  const { p50Ms, p99Ms, share } = load(open(1, 50, 65_536), 1, 50, streams)
  expect({ p50: p50Ms <= 100, p99: p99Ms <= 250, share: share >= 0.95 }).toEqual({ p50: true, p99: true, share: true })
})

const fast = [5, 20, 100].flatMap((mbit) => [20, 50, 200].map((roundTripMs) => ({ mbit, roundTripMs })))

test.each(fast)('an echo beside 8 downloads at $mbit Mbit/s and $roundTripMs ms waits for no queue', (path) => {
  const { mbit, roundTripMs } = path
  const { p50Ms, share } = load(open(mbit, roundTripMs), mbit, roundTripMs, 8)
  expect({ p50: p50Ms <= 30, share: share >= 0.95 }).toEqual({ p50: true, share: true })
})

test('an echo is quick again once what was under way at 20 Mbit/s has passed at 1 Mbit/s', () => {
  const path = open(20, 50, 65_536)
  path.download(8)
  path.clock.advance(5000)
  path.link.change({ rate: bytesPerMsOfMbit, roundTripMs: 50, queueBytes: 65_536, loss: 0 })
  const from = path.clock.now()
  path.clock.advance(5000)
  // A round trip and a quarter at 20 Mbit/s takes 1.3 s at 1 Mbit/s, and nothing can overtake it.
  expect(quantile(path.echoTimes(from + 1600, from + 4500), 0.9)).toBeLessThan(50 + 200)
})

test('a path that gets faster is used within two seconds', () => {
  const path = open(1, 50)
  path.download(8)
  path.clock.advance(5000)
  path.link.change({ rate: 20 * bytesPerMsOfMbit, roundTripMs: 50, queueBytes: 1_000_000, loss: 0 })
  path.clock.advance(2000)
  expect(path.run(3000) / (20 * bytesPerMsOfMbit * payloadShare)).toBeGreaterThan(0.9)
})

test('streams of 64 KiB a second and bulk leave each other their share', () => {
  const path = open(5, 50)
  path.download(2)
  path.download(2, 6554, 100)
  path.clock.advance(4000)
  const before = [...path.received]
  path.clock.advance(8000)
  const [bulk1 = 0, bulk2 = 0, ...steady] = path.received.map((bytes, index) => (bytes - (before[index] ?? 0)) / 8)
  expect({ bulk: Math.min(bulk1, bulk2) > 200_000, steady: Math.min(...steady) > 0.97 * 65_536 }).toEqual({
    bulk: true,
    steady: true,
  })
})

test('twenty streams that want more than the path has cannot starve one of bulk', () => {
  const path = open(5, 50)
  path.download(1)
  path.download(20, 6554, 100)
  path.clock.advance(4000)
  const [before = 0] = path.received
  path.clock.advance(8000)
  const fairShare = (5 * bytesPerMsOfMbit * payloadShare * 8000) / 21
  expect(((path.received[0] ?? 0) - before) / fairShare).toBeGreaterThan(0.8)
})
