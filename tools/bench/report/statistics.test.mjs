import { expect, it } from 'vitest'
import { median, pairedRatio, spread } from './statistics.mjs'

it('median takes the middle, and of an even number the mean of two', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
})

it('median passes over holes', () => {
  expect(median([1, null, undefined, 3])).toBe(2)
})

it('median of nothing is nothing', () => {
  expect([median([]), median(undefined), median([null])]).toEqual([undefined, undefined, undefined])
})

it('spread is half of the range as a share of the median', () => {
  expect(spread([90, 100, 110])).toBeCloseTo(0.1)
})

it('spread of one value is nothing', () => {
  expect(spread([90])).toBeUndefined()
})

it('pairedRatio compares within rounds, so a slow round of both changes nothing', () => {
  expect(pairedRatio([100, 10, 100], [50, 5, 50])).toBe(2)
})

it('pairedRatio leaves out rounds that only one has', () => {
  expect(pairedRatio([100, null, 30], [50, 5])).toBe(2)
})
