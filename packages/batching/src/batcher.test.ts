import type { Clock } from '@ls/foundation'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batcher } from './batcher.js'
import { adaptiveDelay, type DelayPolicy } from './delay-policy.js'

class FakeClock implements Clock {
  nowMs = 0
  readonly timers = new Map<object, { atMs: number; callback: () => void }>()

  now(): number {
    return this.nowMs
  }

  setTimeout(callback: () => void, delayMs: number): object {
    const handle = {}
    this.timers.set(handle, { atMs: this.nowMs + delayMs, callback })
    return handle
  }

  clearTimeout(handle: unknown): void {
    this.timers.delete(handle as object)
  }

  advance(durationMs: number): void {
    this.nowMs += durationMs
    for (const [handle, { atMs, callback }] of this.timers) {
      if (atMs <= this.nowMs && this.timers.delete(handle)) callback()
    }
  }
}

function waiting(delayMs: number): DelayPolicy {
  return { delayMs: () => delayMs }
}

function setUp(policy: DelayPolicy, bufferBytes?: number) {
  const clock = new FakeClock()
  const chunks: Uint8Array[] = []
  const flush = (chunk: Uint8Array) => void chunks.push(chunk)
  const batcher = new Batcher({ clock, policy, flush, bufferBytes })
  const push = (text: string) => batcher.push(Buffer.from(text))
  const flushed = () => chunks.map((chunk) => Buffer.from(chunk).toString())
  return { batcher, chunks, clock, flushed, push }
}

test('Batcher passes chunks straight on without a delay', () => {
  const { push, flushed } = setUp(waiting(0))
  push('a')
  push('b')
  expect(flushed()).toEqual(['a', 'b'])
})

test('Batcher joins the chunks of a delay, counted from the first', () => {
  const { push, clock, flushed } = setUp(waiting(20))
  push('a')
  clock.advance(15)
  push('b')
  clock.advance(5)
  push('c')
  expect(flushed()).toEqual(['ab'])
})

test('Batcher flushes sooner when a later chunk may wait less', () => {
  let delayMs = 500
  const { push, clock, flushed } = setUp({ delayMs: () => delayMs })
  push('a')
  delayMs = 20
  push('b')
  clock.advance(20)
  expect(flushed()).toEqual(['ab'])
})

test('Batcher flushes what waits together with a chunk that may not', () => {
  let delayMs = 500
  const { push, flushed } = setUp({ delayMs: () => delayMs })
  push('a')
  delayMs = 0
  push('b')
  expect(flushed()).toEqual(['ab'])
})

test('Batcher flushes a full buffer immediately', () => {
  const { push, flushed } = setUp(waiting(20), 4)
  push('ab')
  push('cd')
  expect(flushed()).toEqual(['abcd'])
})

test('Batcher flushes what waits before a chunk that no longer fits', () => {
  const { push, flushed, batcher } = setUp(waiting(20), 4)
  push('abc')
  push('de')
  expect({ flushed: flushed(), waitingBytes: batcher.waitingBytes }).toEqual({ flushed: ['abc'], waitingBytes: 2 })
})

test('Batcher cuts a chunk larger than its buffer', () => {
  const { push, flushed } = setUp(waiting(0), 4)
  push('abcdefghij')
  expect(flushed()).toEqual(['abcd', 'efgh', 'ij'])
})

test('Batcher waits a full delay for what comes after a flush', () => {
  const { push, clock, flushed } = setUp(waiting(20), 4)
  push('abc')
  clock.advance(15)
  push('de')
  clock.advance(15)
  expect(flushed()).toEqual(['abc'])
})

test('Batcher flushes a lone chunk without copying it', () => {
  const { batcher, clock, chunks } = setUp(waiting(20))
  const chunk = Uint8Array.of(1, 2, 3)
  batcher.push(chunk)
  clock.advance(20)
  expect(chunks[0]).toBe(chunk)
})

test('Batcher gives away no buffer that is mostly empty', () => {
  const { push, clock, chunks } = setUp(waiting(20))
  push('a')
  push('b')
  clock.advance(20)
  expect(chunks[0]?.buffer.byteLength).toBe(2)
})

test('Batcher ignores empty chunks', () => {
  const { push, clock, flushed } = setUp(waiting(20))
  push('')
  clock.advance(20)
  expect({ flushed: flushed(), timers: clock.timers.size }).toEqual({ flushed: [], timers: 0 })
})

test('Batcher.flush sends what waits and forgets the timer', () => {
  const { batcher, push, clock, flushed } = setUp(waiting(20))
  push('a')
  batcher.flush()
  expect({ flushed: flushed(), timers: clock.timers.size }).toEqual({ flushed: ['a'], timers: 0 })
})

test('Batcher.flush sends nothing where nothing waits', () => {
  const { batcher, flushed } = setUp(waiting(20))
  batcher.flush()
  expect(flushed()).toEqual([])
})

test('Batcher.close sends what waits, once', () => {
  const { batcher, push, flushed, clock } = setUp(waiting(20))
  push('a')
  batcher.close()
  batcher.close()
  expect({ flushed: flushed(), timers: clock.timers.size }).toEqual({ flushed: ['a'], timers: 0 })
})

test('Batcher.push after close throws', () => {
  const { batcher, push } = setUp(waiting(0))
  batcher.close()
  expect(() => push('a')).toThrow(expect.objectContaining({ code: 'ERR_BATCHING_CLOSED' }))
})

test.each([0, -1, 1.5, Number.NaN, 16 * 1024 * 1024 + 1])('Batcher refuses a buffer of %d bytes', (bufferBytes) => {
  expect(() => setUp(waiting(0), bufferBytes)).toThrow(RangeError)
})

describe('Batcher flushes exactly the bytes pushed, in order, in chunks of 1 to bufferBytes', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ push: fc.uint8Array({ maxLength: 40 }) }) },
    { weight: 2, arbitrary: fc.record({ advanceMs: fc.nat(600) }) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
  )
  const small = { activeBytesPerSecond: 50, rateWindowMs: 100 }
  const policies: Array<[string, () => DelayPolicy]> = [
    ['without a delay', () => waiting(0)],
    ['with a delay', () => waiting(200)],
    ['adaptiveDelay', () => adaptiveDelay(small)],
  ]

  test.each(policies)('%s', (_, policy) => {
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 64 }), (steps, bufferBytes) => {
        const { batcher, clock, chunks } = setUp(policy(), bufferBytes)
        const pushed = steps.flatMap((action) => (typeof action === 'object' && 'push' in action ? [action.push] : []))
        for (const action of steps) {
          if (typeof action === 'string') batcher[action]()
          else if ('push' in action) batcher.push(action.push)
          else clock.advance(action.advanceMs)
        }
        batcher.close()
        const sizes = chunks.map((chunk) => chunk.length)
        const fits = sizes.every((size) => size >= 1 && size <= bufferBytes)
        const same = Buffer.compare(Buffer.concat(chunks), Buffer.concat(pushed))
        expect({ fits, same, waitingBytes: batcher.waitingBytes, timers: clock.timers.size }).toEqual({
          fits: true,
          same: 0,
          waitingBytes: 0,
          timers: 0,
        })
      }),
      { numRuns: 500 },
    )
  })

  test('with a buffer that grows', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200_000), { minLength: 2, maxLength: 30 }), (sizes) => {
        const { batcher, chunks } = setUp(waiting(20))
        const pushed = sizes.map((size, index) => new Uint8Array(size).fill(index + 1))
        for (const chunk of pushed) batcher.push(chunk)
        batcher.close()
        expect(Buffer.compare(Buffer.concat(chunks), Buffer.concat(pushed))).toBe(0)
      }),
    )
  })
})
