import { describe, expect, test } from 'vitest'
import { type LinkLoss, ReconnectSchedule, type ReconnectScheduleOptions } from './reconnect-schedule.js'

const minuteMs = 60_000

/** Returns the delays of an outage, if each attempt fails immediately. */
function delaysFor(outageMs: number, loss: Partial<LinkLoss> = {}, options: ReconnectScheduleOptions = {}): number[] {
  const schedule = new ReconnectSchedule({ random: () => 1, ...options })
  const delays: number[] = []
  for (let downMs = 0; downMs < outageMs;) {
    const delayMs = schedule.next({ downMs, resuming: false, refused: false, ...loss })
    delays.push(delayMs)
    downMs += delayMs
  }
  return delays
}

describe('ReconnectSchedule', () => {
  test('doubles from 250 ms to 5 s', () => {
    expect(delaysFor(20_000)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000])
  })

  test('stays at 5 s for 10 minutes', () => {
    expect(delaysFor(10 * minuteMs).at(-1)).toBe(5000)
  })

  test('doubles on to 60 s after 10 minutes', () => {
    const late = delaysFor(60 * minuteMs).slice(-30)
    expect({ hasShorter: late.includes(40_000), last: late.at(-1) }).toEqual({ hasShorter: false, last: 60_000 })
    expect(delaysFor(13 * minuteMs).slice(-5)).toEqual([10_000, 20_000, 40_000, 60_000, 60_000])
  })

  test.each([
    ['the shortest', 0, 125],
    ['the longest', 1, 250],
  ])('spreads a delay over the upper half of its base: %s', (_, random, delayMs) => {
    const schedule = new ReconnectSchedule({ random: () => random })
    expect(schedule.next({ downMs: 0, resuming: false, refused: false })).toBe(delayMs)
  })

  test('tries every second while a session waits', () => {
    expect(delaysFor(5000, { resuming: true })).toEqual([1000, 1000, 1000, 1000, 1000])
  })

  test('uses up nothing while a session waits', () => {
    const schedule = new ReconnectSchedule({ random: () => 1 })
    for (let tries = 0; tries < 60; tries++) schedule.next({ downMs: tries * 1000, resuming: true, refused: false })
    expect(schedule.next({ downMs: 61_000, resuming: false, refused: false })).toBe(250)
  })

  test('starts over once the link was up', () => {
    const schedule = new ReconnectSchedule({ random: () => 1 })
    schedule.next({ downMs: 0, resuming: false, refused: false })
    schedule.reset()
    expect(schedule.next({ downMs: 0, resuming: false, refused: false })).toBe(250)
  })

  test('takes its time with a token that was refused', () => {
    expect(delaysFor(10_000, { refused: true })).toEqual([5000, 5000])
  })

  test('keeps to one delay where the first and the longest are the same', () => {
    expect(delaysFor(300, {}, { firstMs: 100, maxMs: 100 })).toEqual([100, 100, 100])
  })
})
