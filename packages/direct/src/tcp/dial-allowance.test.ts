import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { DialAllowance } from './dial-allowance.js'

/** Number of dials that are allowed now. */
function takeAll(allowance: DialAllowance): number {
  let taken = 0
  while (taken < 1000 && allowance.take()) taken++
  return taken
}

test('DialAllowance allows 120 dials a minute', () => {
  const clock = new FakeClock()
  const allowance = new DialAllowance(clock)
  const counts = [takeAll(allowance)]
  for (const ms of [59_999, 1]) {
    clock.advance(ms)
    counts.push(takeAll(allowance))
  }
  expect(counts).toEqual([120, 0, 120])
})
