import { FakeClock } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { WakeDetector } from './wake-detector.js'

function watching() {
  const clock = new FakeClock()
  const events = new EventTarget()
  let wakes = 0
  const wake = new WakeDetector({ clock, events, onWake: () => void wakes++ })
  return { clock, events, wake, wakes: () => wakes }
}

test('WakeDetector reports that the network is back', () => {
  const { events, wakes } = watching()
  events.dispatchEvent(new Event('online'))
  expect(wakes()).toBe(1)
})

/** A page whose timers and time the test controls; `look` runs the timer. */
function throttled(visibilityState: string) {
  let wakes = 0
  const page = Object.assign(new EventTarget(), { document: { visibilityState } })
  const time = { now: 0, look: (): void => {} }
  const clock = {
    now: () => time.now,
    setTimeout: (callback: () => void) => (time.look = callback),
    clearTimeout: () => {},
  }
  const wake = new WakeDetector({ clock, events: page, onWake: () => void wakes++ })
  onTestFinished(() => wake.stop())
  return { page, time, wakes: () => wakes }
}

test('WakeDetector treats a late timer as a sleep', () => {
  const { time, wakes } = throttled('visible')
  time.now = 65_000
  time.look()
  expect(wakes()).toBe(1)
})

test('WakeDetector does not treat the timers of a hidden page, one a minute, as a sleep', () => {
  const { time, wakes } = throttled('hidden')
  for (let minute = 1; minute < 10; minute++) {
    time.now = minute * 60_000
    time.look()
  }
  expect(wakes()).toBe(0)
})

test('WakeDetector notices the sleep of a hidden page', () => {
  const { time, wakes } = throttled('hidden')
  time.now = 90_000
  time.look()
  expect(wakes()).toBe(1)
})

test('WakeDetector notices a sleep when the page is shown again, before its next timer', () => {
  const { page, time, wakes } = throttled('hidden')
  time.now = 90_000
  page.document.visibilityState = 'visible'
  page.dispatchEvent(new Event('visibilitychange'))
  expect(wakes()).toBe(1)
})

test('WakeDetector does not treat a timer in time as a sleep', () => {
  const { clock, wakes } = watching()
  for (let look = 0; look < 10; look++) clock.advance(5000)
  expect(wakes()).toBe(0)
})

test('WakeDetector.stop leaves nothing behind', () => {
  const { clock, events, wake, wakes } = watching()
  wake.stop()
  events.dispatchEvent(new Event('online'))
  expect({ wakes: wakes(), pendingTimers: clock.pendingTimers }).toEqual({ wakes: 0, pendingTimers: 0 })
})
