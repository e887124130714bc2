import { expect, test } from 'vitest'
import { LimitGrowth } from './limit-growth.js'

/** Returns the limits after rounds without a queue. */
function grow(growth: LimitGrowth, limitBytes: number, rounds: number, roomShare?: number): number[] {
  const limits = [limitBytes]
  for (let round = 0; round < rounds; round++) limits.push(growth.grown(limits.at(-1) ?? 0, roomShare))
  return limits.slice(1)
}

test('LimitGrowth grows by a quarter, a half and then doubles', () => {
  expect(grow(new LimitGrowth(), 800, 4)).toEqual([1000, 1500, 3000, 6000])
})

test.each([
  { name: 'three quarters of the missing queue', roomShare: 1 / 12, limits: [17_000, 18_062.5] },
  { name: 'an eighth at most', roomShare: 1 / 4, limits: [18_000, 20_250] },
])('LimitGrowth grows by $name where more would overfill the queue', ({ roomShare, limits }) => {
  expect(grow(new LimitGrowth(), 16_000, 2, roomShare)).toEqual(limits)
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
  expect(grow(growth, 3000, 4, 1 / 12)).toEqual([6000, 12_000, 16_000, 17_000])
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
