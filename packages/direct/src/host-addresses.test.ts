import { expect, test } from 'vitest'
import { hostAddresses } from './host-addresses.js'

const from = (address: string, { internal = false } = {}) => ({
  address,
  internal,
  family: address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
})

test('hostAddresses are those of the interfaces, without the loopback', () => {
  const all = [
    from('127.0.0.1', { internal: true }),
    from('192.0.2.1'),
    from('2001:db8::1'),
    from('::1', { internal: true }),
  ]
  expect(hostAddresses(all)).toEqual(['192.0.2.1', '2001:db8::1'])
})

test('hostAddresses are those of the loopback where there is no other', () => {
  expect(hostAddresses([from('127.0.0.1', { internal: true }), from('fe80::1')])).toEqual(['127.0.0.1'])
})

test('hostAddresses are at most five: a Go program tries seven addresses, one after the other', () => {
  const many = [1, 2, 3, 4, 5].flatMap((digit) => [from(`192.0.2.${digit}`), from(`2001:db8::${digit}`)])
  expect(hostAddresses(many)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1', '2001:db8::2'])
})
