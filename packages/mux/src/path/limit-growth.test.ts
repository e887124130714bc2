import { expect, test } from 'vitest'
import { LimitGrowth } from './limit-growth.js'

/** Returns the limits after rounds without a queue. */
function grow(growth: LimitGrowth, limitBytes: number, rounds: number, careful = false): number[] {
  const limits = [limitBytes]
  for (let round = 0; round < rounds; round++) limits.push(growth.grown(limits.at(-1) ?? 0, careful))
  return limits.slice(1)
}

test('LimitGrowth grows by a quarter, a half and then doubles', () => {
  expect(grow(new LimitGrowth(), 800, 4)).toEqual([1000, 1500, 3000, 6000])
})

test('LimitGrowth grows by a sixteenth and then eighths where more would overfill the queue', () => {
  expect(grow(new LimitGrowth(), 25_600, 3, true)).toEqual([27_200, 30_600, 34_425])
})

test('LimitGrowth starts slowly again once the limit is right', () => {
  const growth = new LimitGrowth()
  grow(growth, 800, 3)
  growth.settle()
  expect(grow(growth, 800, 1)).toEqual([1000])
})

test('LimitGrowth doubles up to the limit before a large cut', () => {
  const growth = new LimitGrowth()
  growth.lowered(16_000, 2000)
  expect(grow(growth, 2000, 3)).toEqual([4000, 8000, 16_000])
})

test('LimitGrowth returns to the limit before a large cut, and is careful from there on', () => {
  const growth = new LimitGrowth()
  growth.lowered(16_000, 3000)
  expect(grow(growth, 3000, 4, true)).toEqual([6000, 12_000, 16_000, 17_000])
})

test('LimitGrowth does not double after a small cut, nor once the limit before it is forgotten', () => {
  const growth = new LimitGrowth()
  growth.lowered(16_000, 9000)
  const small = grow(growth, 800, 1)
  growth.lowered(16_000, 2000)
  growth.forget()
  expect({ small, forgotten: grow(growth, 800, 1) }).toEqual({ small: [1000], forgotten: [1000] })
})

test('LimitGrowth tries the limit before a large cut once', () => {
  const growth = new LimitGrowth()
  growth.lowered(16_000, 4000)
  const tried = grow(growth, 4000, 1)
  growth.lowered(8000, 3600)
  expect({ tried, after: grow(growth, 3600, 1) }).toEqual({ tried: [8000], after: [4500] })
})

test('LimitGrowth keeps the limit before a large cut while a pause lowers the limit further', () => {
  const growth = new LimitGrowth()
  growth.lowered(16_000, 4000)
  growth.lowered(4000, 3000)
  expect(grow(growth, 3000, 2)).toEqual([6000, 12_000])
})
