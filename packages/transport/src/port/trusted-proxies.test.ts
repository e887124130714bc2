import { describe, expect, test } from 'vitest'
import { parseTrustedProxies } from './trusted-proxies.js'

describe('parseTrustedProxies', () => {
  const proxies = parseTrustedProxies(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32', '::1'])

  test.each(['192.0.2.7', '10.255.0.1', '::ffff:10.0.0.1', '2001:db8:1::2', '::1'])('trusts %s', (address) => {
    expect(proxies.has(address)).toBe(true)
  })

  test.each(['192.0.2.8', '11.0.0.1', '2001:db9::', '::2', 'unknown', '', undefined])(
    'does not trust %s',
    (address) => {
      expect(proxies.has(address)).toBe(false)
    },
  )

  test('trusts UNIX sockets when told to', () => {
    expect(parseTrustedProxies(['unix']).has(undefined)).toBe(true)
  })

  test('with an empty list trust no proxy', () => {
    const none = parseTrustedProxies([])
    expect({ isEmpty: none.isEmpty, loopback: none.has('127.0.0.1'), unknown: none.has(undefined) }).toEqual({
      isEmpty: true,
      loopback: false,
      unknown: false,
    })
  })

  test.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    '10.0.0.1:80',
    '*',
  ])('rejects %j with a RangeError that names it', (place) => {
    const parse = (): unknown => parseTrustedProxies([place])
    expect(parse).toThrow(RangeError)
    expect(parse).toThrow(`"${place}"`)
  })
})
