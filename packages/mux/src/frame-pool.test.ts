import { expect, test } from 'vitest'
import { FramePool } from './frame-pool.js'

const options = { frameBytes: 100, maxIdleBytes: 250 }

test('FramePool.take gives as many bytes as were asked for', () => {
  const pool = new FramePool(options)
  expect([1, 49, 50, 99, 100, 101].map((bytes) => pool.take(bytes).length)).toEqual([1, 49, 50, 99, 100, 101])
})

test('FramePool.take uses memory again that was given back', () => {
  const pool = new FramePool(options)
  const first = pool.take(60)
  pool.give(first)
  expect(pool.take(100).buffer).toBe(first.buffer)
})

test('FramePool.take never lends the same memory twice', () => {
  const pool = new FramePool(options)
  pool.give(pool.take(100))
  expect(pool.take(100).buffer).not.toBe(pool.take(100).buffer)
})

test('FramePool.take has short frames allocated, so that they do not hold the memory of long ones', () => {
  const pool = new FramePool({ ...options, allocate: (bytes) => new Uint8Array(bytes).fill(7) })
  expect(pool.take(49)).toEqual(new Uint8Array(49).fill(7))
})

test.each([
  ['a frame of its length that others have made', new Uint8Array(100)],
  ['a short frame', new Uint8Array(10)],
])('FramePool.give leaves %s alone', (_title, frame) => {
  const pool = new FramePool(options)
  pool.give(frame)
  expect(pool.idleBytes).toBe(0)
})

test('FramePool.give keeps no more than maxIdleBytes', () => {
  const pool = new FramePool(options)
  const frames = Array.from({ length: 5 }, () => pool.take(100))
  for (const frame of frames) pool.give(frame)
  expect(pool.idleBytes).toBe(200)
})
