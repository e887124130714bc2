import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { AddressAccounts } from './address-accounts.js'

function accounts(maxIdle?: number): AddressAccounts {
  return new AddressAccounts({ clock: new FakeClock(), bytesPerSecond: 1, dailyBytes: 1, maxChannels: 1 }, maxIdle)
}

test.each([
  ['2001:db8::1', '2001:db8::ffff:1'],
  ['1.2.3.4', '::ffff:1.2.3.4'],
])('AddressAccounts has one account for %s and %s', (one, other) => {
  const found = accounts()
  expect(found.of(one)).toBe(found.of(other))
})

test('AddressAccounts forgets the one that was used longest ago', () => {
  const found = accounts(2)
  const first = found.of('a')
  for (const address of ['b', 'c']) found.of(address)
  expect({ size: found.size, isKept: found.of('a') === first }).toEqual({ size: 2, isKept: false })
})

test('AddressAccounts keeps one that has something open', () => {
  const found = accounts(2)
  const first = found.of('a')
  first.links = 1
  for (const address of ['b', 'c', 'd']) found.of(address)
  expect(found.of('a')).toBe(first)
})

test('AddressAccounts charges the /48 of an IPv6 address as well', () => {
  const found = accounts()
  const [first, second] = [found.of('2001:db8:0:1::1'), found.of('2001:db8:0:2::1')]
  expect({ isShared: first.chain[1] === second.chain[1], scales: first.chain.map(({ scale }) => scale) }).toEqual({
    isShared: true,
    scales: [1, 16],
  })
})

test('AddressAccounts has one account for an IPv4 address', () => {
  expect(accounts().of('1.2.3.4').chain).toHaveLength(1)
})

test('AddressAccounts keeps a /48 as long as an account of it', () => {
  const found = accounts(2)
  const [, block] = found.of('2001:db8:0:1::1').chain
  for (const address of ['2001:db8:0:2::1', '2001:db8:0:3::1']) found.of(address)
  expect(found.of('2001:db8:0:4::1').chain[1]).toBe(block)
})
