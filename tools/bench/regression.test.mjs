import { expect, test } from 'vitest'
import { findRegressions } from './regression.mjs'

test('findRegressions lets a figure be a quarter worse', () => {
  expect(findRegressions({ 'round trip': 1.25 }, { 'round trip': 1 })).toEqual([])
})

test('findRegressions names figure, reference and limit of one that is worse', () => {
  const message = 'round trip: 2.60 × two plain Node relays; the reference is 2, the limit 2.50'
  expect(findRegressions({ 'round trip': 2.6 }, { 'round trip': 2 })).toEqual([{ name: 'round trip', message }])
})

test('findRegressions asks for a reference where there is none', () => {
  expect(findRegressions({ new: 1 }, {})[0].message).toContain('--update')
})
