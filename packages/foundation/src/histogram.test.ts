import { expect, test } from 'vitest'
import { Histogram } from './histogram.js'

test('Histogram puts a value that equals a limit below it, and larger ones above', () => {
  const histogram = new Histogram([1, 10])
  for (const value of [0.5, 1, 2, 10, 11]) histogram.add(value)
  expect(histogram.snapshot()).toEqual({ bounds: [1, 10], counts: [2, 2, 1], sum: 24.5 })
})

test('Histogram gives a snapshot that later values do not change', () => {
  const histogram = new Histogram([1])
  const before = histogram.snapshot()
  histogram.add(5)
  expect(before).toEqual({ bounds: [1], counts: [0, 0], sum: 0 })
})
