import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { SharedPathControl } from './shared-path-control.js'
import { SharedPath } from './shared-path.js'

const nothing = (): number => 0

/** A session with 100,000 bytes in flight, and what others see of it. */
function make() {
  const path = new SharedPath()
  const unused = { onDue: () => {}, onMeasure: () => {} }
  const options = { clock: new FakeClock(), ack2: true, quantumBytes: 65_536, unacknowledgedBytes: () => 100_000 }
  const control = new SharedPathControl({ ...options, ...unused }, path)
  return { control, seen: () => path.beside(nothing).bytes }
}

test('SharedPathControl shows its bytes in flight to other sessions once it sends', () => {
  const { control, seen } = make()
  const before = seen()
  control.sent(1, 1000)
  expect({ before, after: seen() }).toEqual({ before: 0, after: 100_000 })
})

test('SharedPathControl.stop hides what a lost transport had in flight', () => {
  const { control, seen } = make()
  control.sent(1, 1000)
  control.stop()
  expect(seen()).toBe(0)
})

test('SharedPathControl shows its bytes again when it sends over the next transport', () => {
  const { control, seen } = make()
  control.sent(1, 1000)
  control.stop()
  control.restart(1)
  control.sent(2, 1000)
  expect(seen()).toBe(100_000)
})
