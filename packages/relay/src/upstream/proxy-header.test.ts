import { describe, expect, test } from 'vitest'
import { checkProxyHeaderVersion, encodeProxyHeader } from './proxy-header.js'

const ipv4 = { host: '192.0.2.1', port: 4711 }
const ipv6 = { host: '2001:db8::9', port: 443 }
const signature = '0d0a0d0a000d0a515549540a'

describe('encodeProxyHeader', () => {
  test.each([
    [ipv4, { host: '198.51.100.2', port: 80 }, 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 80\r\n'],
    [ipv6, { host: '::1', port: 0 }, 'PROXY TCP6 2001:db8::9 ::1 443 0\r\n'],
    [ipv4, ipv6, 'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::9 4711 443\r\n'],
    [ipv4, { host: 'fe80::1%eth0', port: 1 }, 'PROXY TCP6 ::ffff:192.0.2.1 fe80::1 4711 1\r\n'],
    [undefined, ipv6, 'PROXY UNKNOWN\r\n'],
    [ipv4, undefined, 'PROXY UNKNOWN\r\n'],
    [{ host: 'unknown', port: 0 }, ipv4, 'PROXY UNKNOWN\r\n'],
    [ipv4, { host: 'example.com', port: 1 }, 'PROXY UNKNOWN\r\n'],
  ])('writes version 1 of %j and %j as %j', (source, destination, line) => {
    expect(encodeProxyHeader('v1', source, destination).toString()).toBe(line)
  })

  test.each([
    ['IPv4', ipv4, { host: '198.51.100.2', port: 80 }, '21 11 000c c0000201 c6336402 1267 0050'],
    [
      'IPv6',
      ipv6,
      { host: '::1', port: 1 },
      '21 21 0024 20010db8000000000000000000000009 00000000000000000000000000000001 01bb 0001',
    ],
    [
      'one of each',
      ipv4,
      { host: '::1', port: 1 },
      '21 21 0024 00000000000000000000ffffc0000201 00000000000000000000000000000001 1267 0001',
    ],
    ['an unknown source', undefined, ipv4, '20 00 0000'],
  ])('writes version 2 of %s', (_name, source, destination, hex) => {
    expect(encodeProxyHeader('v2', source, destination).toString('hex')).toBe(signature + hex.replaceAll(' ', ''))
  })
})

test('checkProxyHeaderVersion throws RangeError for an unknown version', () => {
  expect(() => checkProxyHeaderVersion('v3' as 'v2')).toThrow(RangeError)
})
