import { expect, test } from 'vitest'
import { median, pairedRatio, spread } from './statistics.mjs'

test('median takes the middle, and of an even number the mean of two', () => {
  expect({ odd: median([3, 1, 2]), even: median([4, 1, 2, 3]) }).toEqual({ odd: 2, even: 2.5 })
})

test('median passes over holes', () => {
  expect(median([1, null, undefined, 3])).toBe(2)
})

test('median of nothing is nothing', () => {
  expect({ empty: median([]), missing: median(undefined), broken: median([null]) }).toEqual({
    empty: undefined,
    missing: undefined,
    broken: undefined,
  })
})

test('spread is half of the range as a share of the median', () => {
  expect(spread([90, 100, 110])).toBeCloseTo(0.1)
})

test('spread of one value is nothing', () => {
  expect(spread([90])).toBeUndefined()
})

test('pairedRatio compares within rounds, so a slow round of both changes nothing', () => {
  expect(pairedRatio([100, 10, 100], [50, 5, 50])).toBe(2)
})

test('pairedRatio leaves out rounds that only one has', () => {
  expect(pairedRatio([100, null, 30], [50, 5])).toBe(2)
})
