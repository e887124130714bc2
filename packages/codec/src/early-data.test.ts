import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxEarlyDataBytes, parseEarlyDataBytes } from './early-data.js'

describe('parseEarlyDataBytes', () => {
  test('reads every number up to the limit', () => {
    fc.assert(
      fc.property(fc.nat(maxEarlyDataBytes), (bytes) => {
        expect(parseEarlyDataBytes(String(bytes), 'the URL')).toBe(bytes)
      }),
    )
  })

  test.each([null, undefined])('returns undefined for %s', (text) => {
    expect(parseEarlyDataBytes(text, 'the URL')).toBeUndefined()
  })

  test.each(['', '-1', '1.5', '4097', '1e3', ' 1', '0x10', '9'.repeat(10)])('refuses "%s"', (text) => {
    const message = `the URL has ed=${text}; early data is 0 to 4096 bytes`
    expect(() => parseEarlyDataBytes(text, 'the URL')).toThrow(new RangeError(message))
  })
})
