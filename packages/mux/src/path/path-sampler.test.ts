import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { PathSampler } from './path-sampler.js'

test('PathSampler counts the bytes that were in flight before it began', () => {
  const clock = new FakeClock()
  const sampler = new PathSampler(clock, 10_000)
  sampler.sent(7, 1000, 1)
  clock.advance(20)
  expect(sampler.acknowledged(7, 11_000, undefined)).toMatchObject({ inFlightBytes: 11_000, delayMs: 20 })
})
