import { tcpDataHeaderBytes } from '@ls/codec'
import { expect, test } from 'vitest'
import { FramePool, processFramePool } from './frame-pool.js'

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

test('FramePool.hold keeps the memory of another pool until it is given back once more', () => {
  const [pool, other] = [new FramePool(options), new FramePool({ ...options, frameBytes: 1000 })]
  const frame = pool.take(80)
  other.hold(frame)
  pool.give(frame)
  expect(pool.idleBytes).toBe(0)
})

test('FramePool.give returns memory to the pool that it came from', () => {
  const [pool, other] = [new FramePool(options), new FramePool({ ...options, frameBytes: 1000 })]
  other.give(pool.take(80))
  expect({ pool: pool.idleBytes, other: other.idleBytes }).toEqual({ pool: 100, other: 0 })
})

test('FramePool.give takes any view of its memory that is not short', () => {
  const pool = new FramePool(options)
  const frame = pool.take(80)
  pool.give(new Uint8Array(frame.buffer, 2, 25))
  expect(pool.take(80).buffer).toBe(frame.buffer)
})

test('FramePool.give takes the same memory once', () => {
  const pool = new FramePool(options)
  const frame = pool.take(100)
  pool.give(frame)
  pool.give(frame)
  expect({ idleBytes: pool.idleBytes, set: new Set([pool.take(100).buffer, pool.take(100).buffer]).size }).toEqual({
    idleBytes: 100,
    set: 2,
  })
})

test('FramePool.give forgets memory beyond maxIdleBytes, which is not given a second time', () => {
  const pool = new FramePool({ ...options, maxIdleBytes: 0 })
  const frame = pool.take(100)
  pool.give(frame)
  pool.give(frame)
  expect({ idleBytes: pool.idleBytes, owns: pool.owns(frame) }).toEqual({ idleBytes: 0, owns: false })
})

test('FramePool.hold keeps memory from being used again until one more has given it back', () => {
  const pool = new FramePool(options)
  const frame = pool.take(100)
  pool.hold(frame)
  pool.give(frame)
  const early = pool.idleBytes
  pool.give(frame)
  expect({ early, idleBytes: pool.idleBytes }).toEqual({ early: 0, idleBytes: 100 })
})

test('FramePool.hold ends with the last give: the next owner has the memory exclusively', () => {
  const pool = new FramePool(options)
  const frame = pool.take(100)
  pool.hold(frame)
  pool.give(frame)
  pool.give(frame)
  pool.give(pool.take(100))
  expect(pool.idleBytes).toBe(100)
})

test.each([
  ['that others have made', (_pool: FramePool): Uint8Array => new Uint8Array(100)],
  ['that was given back', (pool: FramePool): Uint8Array => given(pool)],
])('FramePool.hold leaves memory alone %s', (_title, make) => {
  const pool = new FramePool(options)
  const frame = make(pool)
  pool.hold(frame)
  expect(pool.owns(frame)).toBe(false)
})

function given(pool: FramePool): Uint8Array {
  const frame = pool.take(100)
  pool.give(frame)
  return frame
}

test('FramePool.fits takes frames of frameBytes down to half of them', () => {
  const pool = new FramePool(options)
  expect([0, 49, 50, 100, 101].map((bytes) => pool.fits(bytes))).toEqual([false, false, true, true, false])
})

test('FramePool.take gives memory of the pool exactly where it fits', () => {
  const pool = new FramePool(options)
  const sizes = Array.from({ length: 120 }, (_, size) => size)
  expect(sizes.map((size) => pool.owns(pool.take(size)))).toEqual(sizes.map((size) => pool.fits(size)))
})

test('FramePool.give leaves a short view alone, for which V8 would have to make memory that can be asked for', () => {
  const pool = new FramePool(options)
  pool.give(pool.take(80).subarray(0, 24))
  expect(pool.idleBytes).toBe(0)
})

test('FramePool.owns knows any view of what it has lent that is not short, until that is given back', () => {
  const pool = new FramePool(options)
  const frame = pool.take(100)
  const view = frame.subarray(30, 60)
  const lent = [pool.owns(frame), pool.owns(view), new FramePool(options).owns(frame)]
  pool.give(frame)
  expect({ lent, frame: pool.owns(frame), view: pool.owns(view) }).toEqual({
    lent: [true, true, false],
    frame: false,
    view: false,
  })
})

test('FramePool.headroomOf is memory before the frame, which nothing else uses', () => {
  const pool = new FramePool({ ...options, headroomBytes: 16 })
  const frames = [pool.take(50), pool.take(100)].map((frame) => frame.fill(1))
  for (const frame of frames) {
    new Uint8Array(frame.buffer, frame.byteOffset - pool.headroomOf(frame), pool.headroomOf(frame)).fill(2)
  }
  expect(frames.map((frame) => [pool.headroomOf(frame), frame.every((byte) => byte === 1)])).toEqual([
    [16, true],
    [16, true],
  ])
})

test('FramePool.headroomOf is 0 for foreign memory and for returned memory', () => {
  const pool = new FramePool(options)
  expect({
    foreign: pool.headroomOf(new Uint8Array(100)),
    taken: pool.headroomOf(pool.take(10)),
    given: pool.headroomOf(given(pool)),
  }).toEqual({ foreign: 0, taken: 0, given: 0 })
})

test('FramePool.takePayload gives room for the payload of the largest message', () => {
  expect(new FramePool(options).takePayload()).toHaveLength(options.frameBytes - tcpDataHeaderBytes)
})

test('FramePool.frameOf is the message around a payload, with room for the header of its carrier', () => {
  const pool = new FramePool(options)
  const payload = pool.takePayload().subarray(0, 40)
  const frame = pool.frameOf(payload)!
  expect({ frame: frame.subarray(tcpDataHeaderBytes), headroom: pool.headroomOf(frame) }).toEqual({
    frame: payload,
    headroom: 16,
  })
})

test.each([
  ['of others', (_pool: FramePool): Uint8Array => new Uint8Array(100)],
  ['that starts elsewhere', (pool: FramePool): Uint8Array => pool.takePayload().subarray(1)],
  ['that was given back', (pool: FramePool): Uint8Array => given(pool).subarray(tcpDataHeaderBytes)],
])('FramePool.frameOf knows no message in memory %s', (_title, make) => {
  const pool = new FramePool(options)
  expect(pool.frameOf(make(pool))).toBeUndefined()
})

test('processFramePool has room for the header of a WebSocket frame before the largest Data message we make', () => {
  const frame = processFramePool.take(tcpDataHeaderBytes + 65_536)
  expect(processFramePool.headroomOf(frame)).toBeGreaterThanOrEqual(14)
})
