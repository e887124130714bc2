import { expect, it } from 'vitest'
import { findRegressions } from './regression.mjs'

it('findRegressions lets a figure be a quarter worse', () => {
  expect(findRegressions({ 'round trip': 1.25 }, { 'round trip': 1 })).toEqual([])
})

it('findRegressions names figure, reference and limit of one that is worse', () => {
  const message = 'round trip: 2.60 × two plain Node relays; the reference is 2, the limit 2.50'
  expect(findRegressions({ 'round trip': 2.6 }, { 'round trip': 2 })).toEqual([{ name: 'round trip', message }])
})

it('findRegressions asks for a reference where there is none', () => {
  expect(findRegressions({ new: 1 }, {})[0].message).toContain('--update')
})
