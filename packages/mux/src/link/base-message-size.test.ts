import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { BaseMessageSize } from './base-message-size.js'

const leastBytes = 100
const mostBytes = 1000

function sizeAfter(...waitsMs: number[]): number {
  const clock = new FakeClock()
  const size = new BaseMessageSize({ clock, leastBytes, mostBytes })
  for (const waitMs of waitsMs) {
    size.blocked()
    clock.advance(waitMs)
    size.drained()
  }
  return size.bytes
}

test('BaseMessageSize begins with the least', () => {
  expect(sizeAfter()).toBe(leastBytes)
})

test('BaseMessageSize doubles each time the transport drains within 20 ms', () => {
  expect(sizeAfter(1, 20, 5)).toBe(800)
})

test('BaseMessageSize doubles with each full message that the transport accepts immediately', () => {
  const size = new BaseMessageSize({ clock: new FakeClock(), leastBytes, mostBytes })
  size.taken(leastBytes)
  size.taken(leastBytes)
  expect(size.bytes).toBe(200)
})

test('BaseMessageSize halves when the transport takes longer', () => {
  expect(sizeAfter(1, 1, 1, 1, 21)).toBe(500)
})

test('BaseMessageSize never goes below the least', () => {
  expect(sizeAfter(50, 50, 50, 50, 50, 50)).toBe(leastBytes)
})

test('BaseMessageSize doubles up to the most', () => {
  expect(sizeAfter(50, 1, 1, 1, 1, 1)).toBe(mostBytes)
})

test('BaseMessageSize does not change at a drain without waiting messages', () => {
  const size = new BaseMessageSize({ clock: new FakeClock(), leastBytes, mostBytes })
  size.drained()
  expect(size.bytes).toBe(leastBytes)
})
