import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fit, fitRight, sparkline, widthOf } from './cells.js'

describe('fit', () => {
  test.each([
    ['abc', 5, 'abc  '],
    ['abcdef', 5, 'abcd…'],
    ['例え例え', 5, '例え…'],
    ['例え例え', 4, '例… '],
    ['e\u0301a', 2, 'e\u0301a'],
    ['abc', 0, ''],
  ])('%j in %i columns is %j', (text, columns, fitted) => {
    expect(fit(text, columns)).toBe(fitted)
  })

  test('has exactly so many columns, at either end', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, columns) => {
        expect({ fit: widthOf(fit(text, columns)), fitRight: widthOf(fitRight(text, columns)) }).toEqual({
          fit: columns,
          fitRight: columns,
        })
      }),
    )
  })
})

test('sparkline shows the last values, and distinguishes little from nothing', () => {
  expect(sparkline([9, 0, 1, 4, 8], 4)).toBe(' ▂▅█')
})
