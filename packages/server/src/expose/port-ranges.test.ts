import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PortRanges } from './port-ranges.js'

test.each([
  ['2222', 2222, true],
  ['2222', 2223, false],
  ['80, 4000-4100', 4100, true],
  ['80,4000-4100', 4101, false],
  ['', 1, false],
])('PortRanges of "%s" with port %i: %s', (text, port, allowed) => {
  expect(new PortRanges(text).allows(port)).toBe(allowed)
})

test.each(['0', '0-10', '65536', '5-4', 'a', '1-2-3', '-1', '1.5'])('PortRanges refuses "%s" by name', (text) => {
  expect(() => new PortRanges(text)).toThrow(RangeError)
  expect(() => new PortRanges(text)).toThrow(`"${text}" is no range of ports`)
})

test('PortRanges draws each allowed port once, and no other', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
      const ranges = new PortRanges('10-12,20')
      const drawn = [...ranges.draw(99, () => random)]
      expect(drawn.toSorted((a, b) => a - b)).toEqual([10, 11, 12, 20])
    }),
  )
})

test('PortRanges draws no more than asked for', () => {
  expect([...new PortRanges('1-60000').draw(3)]).toHaveLength(3)
})
