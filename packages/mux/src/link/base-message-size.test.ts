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

test('BaseMessageSize begins with the most', () => {
  expect(sizeAfter()).toBe(mostBytes)
})

test('BaseMessageSize keeps the most while the transport drains within 20 ms', () => {
  expect(sizeAfter(1, 20, 5)).toBe(mostBytes)
})

test('BaseMessageSize halves when the transport takes longer', () => {
  expect(sizeAfter(21)).toBe(500)
})

test('BaseMessageSize never goes below the least', () => {
  expect(sizeAfter(50, 50, 50, 50, 50, 50)).toBe(leastBytes)
})

test('BaseMessageSize doubles up to the most when the link is fast again', () => {
  expect(sizeAfter(50, 50, 50, 1, 1, 1, 1, 1)).toBe(mostBytes)
})

test('BaseMessageSize stays as it is at a drain that nothing waited for', () => {
  const size = new BaseMessageSize({ clock: new FakeClock(), leastBytes, mostBytes })
  size.drained()
  expect(size.bytes).toBe(mostBytes)
})
