import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adaptiveDelay, type DelayPolicy } from './delay-policy.js'

const kibibyte = 1024

/** Returns the delay of the last chunk after ten seconds at a steady speed. */
function delayAt(kibibytesPerSecond: number, policy: DelayPolicy = adaptiveDelay(), fromMs = 0): number {
  let delayMs = 0
  for (let nowMs = fromMs; nowMs < fromMs + 10_000; nowMs += 10) {
    delayMs = policy.delayMs((kibibytesPerSecond * kibibyte) / 100, nowMs)
  }
  return delayMs
}

test('adaptiveDelay does not wait for the first bytes', () => {
  expect(adaptiveDelay().delayMs(1000, 0)).toBe(0)
})

test('adaptiveDelay does not wait below 256 KiB/s', () => {
  expect(delayAt(240)).toBe(0)
})

test('adaptiveDelay waits about 20 ms just above 256 KiB/s', () => {
  expect(delayAt(262)).toBeCloseTo(21, -1)
})

test('adaptiveDelay waits 500 ms for a fast stream', () => {
  expect(delayAt(10_000)).toBe(500)
})

test('adaptiveDelay waits the longer, the faster the stream', () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat(4000), fc.nat(4000)), ([a, b]) => {
      expect(delayAt(Math.min(a, b))).toBeLessThanOrEqual(delayAt(Math.max(a, b)))
    }),
  )
})

test.each([
  [200, 20],
  [140, 20],
  [110, 0],
])('adaptiveDelay, once active, waits at %d KiB/s for %d ms', (slower, delayMs) => {
  const policy = adaptiveDelay()
  delayAt(1000, policy)
  expect(delayAt(slower, policy, 10_000)).toBe(delayMs)
})

test('adaptiveDelay, once inactive, is so until 256 KiB/s again', () => {
  const policy = adaptiveDelay()
  delayAt(1000, policy)
  delayAt(100, policy, 10_000)
  expect(delayAt(200, policy, 20_000)).toBe(0)
})

test('adaptiveDelay keeps to the delays it is given', () => {
  const delays = [
    delayAt(300, adaptiveDelay({ minDelayMs: 5, maxDelayMs: 5 })),
    delayAt(9999, adaptiveDelay({ maxDelayMs: 10 })),
  ]
  expect(delays).toEqual([5, 10])
})

describe('adaptiveDelay refuses', () => {
  test.each([
    [{ maxDelayMs: -1 }],
    [{ maxDelayMs: 60_001 }],
    [{ maxDelayMs: Number.NaN }],
    [{ minDelayMs: 501 }],
    [{ activeBytesPerSecond: -1 }],
    [{ inactiveBytesPerSecond: 262_145 }],
    [{ maxDelayBytesPerSecond: 1000 }],
    [{ rateWindowMs: 0 }],
  ])('%j', (options) => {
    expect(() => adaptiveDelay(options)).toThrow(RangeError)
  })
})
