import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Wake } from './wake.js'

function watching() {
  const clock = new FakeClock()
  const events = new EventTarget()
  const reasons: string[] = []
  const wake = new Wake({ clock, events, onWake: (reason) => reasons.push(reason) })
  return { clock, events, reasons, wake }
}

test('Wake reports that the network is back', () => {
  const { events, reasons } = watching()
  events.dispatchEvent(new Event('online'))
  expect(reasons).toEqual(['the network is back'])
})

test('Wake treats a late timer as a sleep', () => {
  const reasons: string[] = []
  let [now, look] = [0, (): void => {}]
  const clock = { now: () => now, setTimeout: (callback: () => void) => (look = callback), clearTimeout: () => {} }
  const wake = new Wake({ clock, onWake: (reason) => reasons.push(reason) })
  now = 65_000
  look()
  wake.stop()
  expect(reasons).toEqual(['the page was suspended'])
})

test('Wake does not treat a timer in time as a sleep', () => {
  const { clock, reasons } = watching()
  for (let look = 0; look < 10; look++) clock.advance(5000)
  expect(reasons).toEqual([])
})

test('Wake.stop leaves nothing behind', () => {
  const { clock, events, reasons, wake } = watching()
  wake.stop()
  events.dispatchEvent(new Event('online'))
  expect({ reasons, pendingTimers: clock.pendingTimers }).toEqual({ reasons: [], pendingTimers: 0 })
})
