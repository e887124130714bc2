import { describe, expect, test } from 'vitest'
import { parseIpAddress } from './ip-address.js'
import { isEmptyRange, isInRange, parseIpRange } from './ip-range.js'

describe('isInRange', () => {
  test.each([
    ['192.168.1.10-20', '192.168.1.10', true],
    ['192.168.1.10-20', '192.168.1.20', true],
    ['192.168.1.10-20', '192.168.1.21', false],
    ['192.168.1.10-20', '192.168.2.15', false],
    ['192.168.1.1-192.168.2.255', '192.168.2.0', true],
    ['192.168.1.1-192.168.2.255', '192.168.3.0', false],
    ['2001:db8::1-2001:db8::ff', '2001:db8::80', true],
    ['2001:db8::1-2001:db8::ff', '2001:db8::100', false],
    ['0.0.0.0-255.255.255.255', '::1', false],
  ])('of %s has %s: %s', (range, address, expected) => {
    expect(isInRange(parseIpAddress(address)!, parseIpRange(range)!)).toBe(expected)
  })
})

describe('parseIpRange', () => {
  test.each(['10.0.0.1', '10.0.0.1-', '10.0.0.1-256', '10.0.0.1-::1', 'a-b', '10.0.0.1-2-3', '::1-9999999', ''])(
    'does not read %j',
    (text) => {
      expect(parseIpRange(text)).toBeUndefined()
    },
  )
})

test('isEmptyRange recognises a range that does not rise', () => {
  expect(isEmptyRange(parseIpRange('10.0.0.9-1')!)).toBe(true)
})
