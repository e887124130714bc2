import { expect, test } from 'vitest'
import { maxCandidates, withDialable } from './dialable-candidates.js'

const own = ['192.0.2.9']
const filter = { own, take: () => true }
const line = (address: string, rest = 'typ host'): string => `a=candidate:1 1 UDP 2114977791 ${address} ${rest}\r\n`
const around = (lines: string): string => `v=0\r\na=mid:0\r\n${lines}a=end-of-candidates\r\na=setup:active\r\n`

test.each([
  ['of a network', line('192.0.2.1 5000')],
  ['of IPv6', line('2001:db8::1 5000')],
  ['outside of a NAT', line('203.0.113.7 700', 'typ srflx raddr 10.0.0.2 rport 4')],
  ['in small letters', line('192.0.2.1 5000').replace('UDP', 'udp')],
])('withDialable leaves an address %s', (_what, lines) => {
  expect(withDialable(around(lines), filter)).toBe(around(lines))
})

test.each([
  ['a name', line('db.example.org 53')],
  ['a name of mDNS', line('0b9e8a5e.local 53')],
  ['loopback', line('127.0.0.1 53')],
  ['a metadata service', line('169.254.169.254 80')],
  ['multicast', line('239.255.255.250 1900')],
  ['broadcast', line('255.255.255.255 53')],
  ['an address with a zone', line('fe80::1%eth0 53')],
  ['port 0', line('192.0.2.1 0')],
  ['a port that does not exist', line('192.0.2.1 70000')],
  ['a negative port', line('192.0.2.1 -1')],
  ['an address that the library might find at another place', ` ${line('192.0.2.1 5000')}`],
  ['a second address in the line', line('192.0.2.1 5000', 'typ host\ra=candidate:1 1 UDP 1 127.0.0.1 53 typ host')],
  ['addresses of another kind', 'a=remote-candidates:1 127.0.0.1 53\r\n'],
])('withDialable removes %s', (_what, lines) => {
  expect(withDialable(around(lines), filter)).toBe(around(''))
})

test('withDialable leaves loopback to a machine without a network', () => {
  const text = around(line('127.0.0.1 5000'))
  expect(withDialable(text, { ...filter, own: ['127.0.0.1'] })).toBe(text)
})

test('withDialable leaves the first 32 addresses: a peer must not make us search a network', () => {
  const many = Array.from({ length: 100 }, (_, digit) => line(`192.0.2.${digit} 53`))
  expect(withDialable(around(many.join('')), filter)).toBe(around(many.slice(0, maxCandidates).join('')))
})

test('withDialable leaves no more addresses than may be tried now', () => {
  let left = 2
  const many = Array.from({ length: 5 }, (_, digit) => line(`192.0.2.${digit} 53`))
  expect(withDialable(around(many.join('')), { own, take: () => left-- > 0 })).toBe(around(many.slice(0, 2).join('')))
})
