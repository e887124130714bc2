import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateMeter } from './rate-meter.js'

test('RateMeter settles on the speed of a steady stream', () => {
  const meter = new RateMeter(1000)
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 10) meter.add(1000, nowMs)
  expect(meter.bytesPerSecond(10_000)).toBeCloseTo(100_000, -3)
})

test('RateMeter falls to a third within its window when the stream stops', () => {
  const meter = new RateMeter(500)
  meter.add(1000, 0)
  expect(meter.bytesPerSecond(500) / meter.bytesPerSecond(0)).toBeCloseTo(1 / Math.E)
})

test('RateMeter starts at 0', () => {
  expect(new RateMeter(1000).bytesPerSecond(123)).toBe(0)
})

test('RateMeter counts bytes of the same instant together', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { minLength: 1 }), (sizes) => {
      const one = new RateMeter(1000)
      const many = new RateMeter(1000)
      const total = sizes.reduce((sum, size) => sum + size, 0)
      one.add(total, 7)
      for (const size of sizes) many.add(size, 7)
      expect(many.bytesPerSecond(8)).toBeCloseTo(one.bytesPerSecond(8))
    }),
  )
})
