import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxRows, pageOf, Query } from './query.js'

const read = (text: string): Query => new Query(new URLSearchParams(text), ['limit', 'offset', 'order', 'sort'])

describe('Query', () => {
  test('treats an absent or empty value as the default', () => {
    expect(read('limit=').page()).toEqual({ limit: 100, offset: 0, descending: true })
  })

  test.each([
    ['limt=1', 'unknown parameter "limt"; there are limit, offset, order, sort'],
    ['limit=1&limit=2', 'parameter "limit" is given twice'],
  ])('refuses %s', (text, fault) => {
    expect(() => read(text)).toThrow(new RangeError(fault))
  })

  test.each([
    ['limit=0', `limit must be a whole number from 1 to ${maxRows}, not "0"`],
    ['limit=1001', `limit must be a whole number from 1 to ${maxRows}, not "1001"`],
    ['limit=1e2', `limit must be a whole number from 1 to ${maxRows}, not "1e2"`],
    ['order=up', 'order must be one of asc, desc, not "up"'],
  ])('page refuses %s', (text, fault) => {
    expect(() => read(text).page()).toThrow(new RangeError(fault))
  })
})

describe('pageOf', () => {
  const numbers = fc.array(fc.integer())

  test('cuts a page out of the sorted whole', () => {
    const range = fc.record({ limit: fc.integer({ min: 1, max: 20 }), offset: fc.nat(20), descending: fc.boolean() })
    fc.assert(
      fc.property(numbers, range, (items, page) => {
        const sorted = items.toSorted((a, b) => (page.descending ? b - a : a - b))
        expect(pageOf(items, (item) => item, page)).toEqual(sorted.slice(page.offset, page.offset + page.limit))
      }),
    )
  })

  test('keeps the order of equal ones', () => {
    const items = ['a', 'b', 'c']
    expect(pageOf(items, () => 0, { limit: 3, offset: 0, descending: true })).toEqual(items)
  })
})
