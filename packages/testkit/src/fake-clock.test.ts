import { describe, expect, test } from 'vitest'
import { FakeClock } from './fake-clock.js'

describe('FakeClock', () => {
  test('advance runs timers in order of time, those due together in order of scheduling', () => {
    const clock = new FakeClock()
    const order: string[] = []
    clock.setTimeout(() => order.push('b'), 20)
    clock.setTimeout(() => order.push('a'), 10)
    clock.setTimeout(() => order.push('c'), 20)
    clock.advance(20)
    expect(order).toEqual(['a', 'b', 'c'])
  })

  test('advance runs timers that callbacks add, at their own time', () => {
    const clock = new FakeClock(100)
    const times: number[] = []
    const tick = (): void => {
      times.push(clock.now())
      clock.setTimeout(tick, 10)
    }
    clock.setTimeout(tick, 10)
    clock.advance(35)
    expect({ times, now: clock.now(), pendingTimers: clock.pendingTimers, nextDueMs: clock.nextDueMs }).toEqual({
      times: [110, 120, 130],
      now: 135,
      pendingTimers: 1,
      nextDueMs: 140,
    })
  })

  test('advance leaves timers that are not due yet', () => {
    const clock = new FakeClock()
    let ran = false
    clock.setTimeout(() => (ran = true), 10)
    clock.advance(9.9)
    expect(ran).toBe(false)
  })

  test('clearTimeout takes a timer out, also from within another due at the same time', () => {
    const clock = new FakeClock()
    const order: string[] = []
    clock.setTimeout(() => {
      order.push('a')
      clock.clearTimeout(second)
    }, 10)
    const second = clock.setTimeout(() => order.push('b'), 10)
    clock.advance(10)
    expect({ order, pendingTimers: clock.pendingTimers }).toEqual({ order: ['a'], pendingTimers: 0 })
  })

  test('jump makes timers late', () => {
    const clock = new FakeClock()
    let ranAtMs = 0
    clock.setTimeout(() => (ranAtMs = clock.now()), 10)
    clock.jump(1000)
    clock.advance(0)
    expect(ranAtMs).toBe(1000)
  })

  test('advance rejects going back', () => {
    expect(() => new FakeClock().advance(-1)).toThrow(RangeError)
  })

  test('advance ends a loop of timers without delay with an error', () => {
    const clock = new FakeClock()
    const again = (): void => void clock.setTimeout(again, 0)
    again()
    expect(() => clock.advance(1)).toThrow('timers ran within 1 ms')
  })
})
