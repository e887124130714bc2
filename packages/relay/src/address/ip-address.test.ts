import { expect, test } from 'vitest'
import { plainAddress } from './ip-address.js'

test.each([
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::FFFF:1.2.3.4', '1.2.3.4'],
  ['1.2.3.4', '1.2.3.4'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001::ffff:1.2.3.4', '2001::ffff:1.2.3.4'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('plainAddress shows %s as %s', (address, expected) => {
  expect(plainAddress(address)).toBe(expected)
})
