import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddress, type ClientAddressHeader } from './client-address.js'
import { parseTrustedProxies } from './trusted-proxies.js'

const trusted = parseTrustedProxies(['10.0.0.0/8', '::1'])
const proxy = { address: '10.0.0.1', port: 4711 }

function addressFrom(header: ClientAddressHeader, value: string, peer = proxy): string {
  const { address, port } = clientAddress(peer, { [header]: value }, header, trusted)
  return `${address} ${port}`
}

describe('clientAddress by X-Forwarded-For', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1 undefined'],
    ['192.0.2.1:4711', '192.0.2.1 4711'],
    ['2001:db8::1', '2001:db8::1 undefined'],
    ['[2001:db8::1]', '2001:db8::1 undefined'],
    ['[2001:db8::1]:80', '2001:db8::1 80'],
    [' 192.0.2.1\t', '192.0.2.1 undefined'],
    // The client's own text is on the left; the last trusted proxy appended the address on the right.
    ['127.0.0.1, 192.0.2.1', '192.0.2.1 undefined'],
    ['1.1.1.1, 192.0.2.1, 10.9.9.9', '192.0.2.1 undefined'],
    ['10.1.1.1, 10.9.9.9', '10.1.1.1 undefined'],
    ['garbage, 192.0.2.1', '192.0.2.1 undefined'],
    // The address before `unknown` has no trusted author, so only the sender of the field counts.
    ['192.0.2.1, unknown', '10.0.0.1 4711'],
    ['192.0.2.1, unknown, 10.9.9.9', '10.9.9.9 undefined'],
    ['', '10.0.0.1 4711'],
    ['192.0.2.1,', '10.0.0.1 4711'],
    ['fe80::1%eth0', '10.0.0.1 4711'],
    ['192.0.2.256', '10.0.0.1 4711'],
    ['192.0.2.1:99999', '192.0.2.1 undefined'],
  ])('%j is %s', (value, expected) => {
    expect(addressFrom('x-forwarded-for', value)).toBe(expected)
  })

  test('from anyone else is not believed', () => {
    expect(addressFrom('x-forwarded-for', '192.0.2.1', { address: '203.0.113.9', port: 1 })).toBe('203.0.113.9 1')
  })

  test('is believed of an IPv4 proxy on an IPv6 socket', () => {
    expect(addressFrom('x-forwarded-for', '192.0.2.1', { address: '::ffff:10.0.0.1', port: 1 })).toBe(
      '192.0.2.1 undefined',
    )
  })

  test('other headers are not looked at', () => {
    const headers = { forwarded: 'for=1.1.1.1', 'cf-connecting-ip': '1.1.1.1' }
    expect(clientAddress(proxy, headers, 'x-forwarded-for', trusted)).toBe(proxy)
  })
})

describe('clientAddress by Forwarded', () => {
  test.each([
    ['for=192.0.2.1', '192.0.2.1 undefined'],
    ['For="[2001:db8::1]:80";proto=https;by=10.0.0.1', '2001:db8::1 80'],
    ['proto=https ; for=192.0.2.1 ; host=a', '192.0.2.1 undefined'],
    ['for=1.1.1.1, for=192.0.2.1;by=x, for=10.2.2.2', '192.0.2.1 undefined'],
    ['for=192.0.2.1:4711', '192.0.2.1 4711'],
    [String.raw`for="192.0.2\.1"`, '192.0.2.1 undefined'],
    ['for=unknown', '10.0.0.1 4711'],
    ['for=_hidden', '10.0.0.1 4711'],
    ['by=10.0.0.1', '10.0.0.1 4711'],
    // A quote that the client left open must not hide the proxy's part.
    ['for="1.1.1.1, for=192.0.2.1', '10.0.0.1 4711'],
    ['for=1.1.1.1;=, for=192.0.2.1', '10.0.0.1 4711'],
  ])('%j is %s', (value, expected) => {
    expect(addressFrom('forwarded', value)).toBe(expected)
  })
})

describe('clientAddress by CF-Connecting-IP', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1 undefined'],
    ['192.0.2.1, 1.1.1.1', '10.0.0.1 4711'],
  ])('%j is %s', (value, expected) => {
    expect(addressFrom('cf-connecting-ip', value)).toBe(expected)
  })
})

test('clientAddress is an address, whatever stands in the header', () => {
  const part = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
    fc.constantFrom(',', ';', '"', '\\', 'for=', '[', ']', ':', ' '),
  )
  const value = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(value, fc.constantFrom<ClientAddressHeader>('x-forwarded-for', 'forwarded'), (text, header) => {
      const { address } = clientAddress(proxy, { [header]: text }, header, trusted)
      expect(isIP(address ?? '')).not.toBe(0)
    }),
  )
})

test('clientAddress ignores a forged element in front', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('"')),
      fc.ipV4().filter((address) => address !== '10.0.0.1'),
      (forged, real) => {
        const alone = clientAddress(
          proxy,
          { 'x-forwarded-for': real },
          'x-forwarded-for',
          parseTrustedProxies(['10.0.0.1']),
        )
        const header = { 'x-forwarded-for': `${forged}, ${real}` }
        const both = clientAddress(proxy, header, 'x-forwarded-for', parseTrustedProxies(['10.0.0.1']))
        expect(both).toEqual(alone)
      },
    ),
  )
})

test('clientAddress reads a head full of one kind of character without delay, and finds no client', () => {
  const found = [' ', '\t', '"', '\\', ';', ',', '=', 'a', '[', ':'].flatMap((character) => [
    addressFrom('forwarded', `for=${character.repeat(8000)}x`),
    addressFrom('x-forwarded-for', character.repeat(8000)),
  ])
  expect(new Set(found)).toEqual(new Set(['10.0.0.1 4711']))
})
