import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from './clock.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('systemClock calls back once, when the delay has passed', () => {
  const callback = vi.fn<() => void>()
  systemClock.setTimeout(callback, 20)
  vi.advanceTimersByTime(19)
  const before = callback.mock.calls.length
  vi.advanceTimersByTime(100)
  expect({ before, calls: callback.mock.calls.length }).toEqual({ before: 0, calls: 1 })
})

test('systemClock does not call back after clearTimeout', () => {
  const callback = vi.fn<() => void>()
  systemClock.clearTimeout(systemClock.setTimeout(callback, 20))
  vi.advanceTimersByTime(100)
  expect(callback).not.toHaveBeenCalled()
})

test('systemClock.now advances with time', () => {
  const before = systemClock.now()
  vi.advanceTimersByTime(20)
  expect(systemClock.now() - before).toBe(20)
})
