import { isIPv4, isIPv6 } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatIpv6, isIpv4Mapped, parseIpv4, parseIpv6 } from './ip-address.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
/** Addresses with many zero groups, which random bytes hardly ever have. */
const sparse = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])))
const text = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom(...'0123456789abcf:.%'.split('')), maxLength: 46 }),
  fc.string(),
)

describe('parseIpv4', () => {
  test('reads what formatIpv4 writes', () => {
    fc.assert(
      fc.property(bytes(4), (address) => {
        expect(parseIpv4(formatIpv4(address))).toEqual(address)
      }),
    )
  })

  test('agrees with Node on what an address is', () => {
    fc.assert(
      fc.property(text, (text) => (parseIpv4(text) !== undefined) === isIPv4(text)),
      { numRuns: 2000 },
    )
  })

  test.each(['01.2.3.4', '1.2.3', '1.2.3.256', '1.2.3.4.', ' 1.2.3.4', ''])('refuses %j', (text) => {
    expect(parseIpv4(text)).toBeUndefined()
  })
})

describe('parseIpv6', () => {
  test('reads what formatIpv6 writes', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(16), sparse), (address) => {
        expect(parseIpv6(formatIpv6(address))).toEqual(address)
      }),
    )
  })

  // Node accepts a zone after "%", which 16 bytes cannot hold.
  test('agrees with Node on what an address without a zone is', () => {
    fc.assert(
      fc.property(text, (text) => (parseIpv6(text) !== undefined) === (isIPv6(text) && !text.includes('%'))),
      { numRuns: 5000 },
    )
  })

  test.each([
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':::',
    ':1',
    '1:2:3:4:5:6:7::8',
    'fe80::1%eth0',
    '1.2.3.4::',
  ])('refuses %j', (text) => {
    expect(parseIpv6(text)).toBeUndefined()
  })
})

describe('formatIpv6', () => {
  test('writes what the URL standard writes', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(16), sparse), (address) => {
        const long = Array.from({ length: 8 }, (_, i) =>
          ((address[2 * i]! << 8) | address[2 * i + 1]!).toString(16),
        ).join(':')
        expect(`[${formatIpv6(address)}]`).toBe(new URL(`http://[${long}]/`).hostname)
      }),
    )
  })

  test.each(['::', '::1', '1::', '2001:db8::1', '2001:db8:0:1:1:1:1:1', '2001:0:0:1::1', '1::1:0:0:1:1'])(
    'keeps the canonical %j',
    (text) => {
      expect(formatIpv6(parseIpv6(text)!)).toBe(text)
    },
  )
})

describe('isIpv4Mapped', () => {
  test.each([
    ['::ffff:1.2.3.4', true],
    ['::1.2.3.4', false],
    ['::1:ffff:1.2.3.4', false],
  ])('says of %j %j', (text, expected) => {
    expect(isIpv4Mapped(parseIpv6(text)!)).toBe(expected)
  })
})
