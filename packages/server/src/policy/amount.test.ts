import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAmount } from './amount.js'

describe('parseAmount', () => {
  test.each([
    [0, 0],
    [1_250_000, 1_250_000],
    ['1250000', 1_250_000],
    ['10Mbit', 1_250_000],
    ['10 mbit/s', 1_250_000],
    ['1.5GB', 1_500_000_000],
    ['64KiB', 65_536],
    ['1TiB', 1_099_511_627_776],
    ['500B/s', 500],
  ])('reads %s as %d bytes', (value, bytes) => {
    expect(parseAmount(value)).toBe(bytes)
  })

  test.each([-1, 1.5, Number.NaN, '', 'x', true, null, undefined, {}, '10 iB', '-5MB', '10Mbyte', '9e9', '1KiB/h'])(
    'does not read %s',
    (value) => {
      expect(parseAmount(value)).toBeUndefined()
    },
  )

  test('gives a whole number of bytes or nothing for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^\d{1,15}[kmgt]?i?b?$/)), (value) => {
        const bytes = parseAmount(value)
        expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true)
      }),
    )
  })
})
