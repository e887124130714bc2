import { describe, expect, test } from 'vitest'
import { formatDestination, parseDestination } from './destination.js'

const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error

describe('parseDestination', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', 'ipv4'],
    ['2001:DB8:0:0::1', '2001:db8::1', 'ipv6'],
    ['[::1]', '::1', 'ipv6'],
    ['::ffff:127.0.0.1', '127.0.0.1', 'ipv4'],
    ['::FFFF:7f00:1', '127.0.0.1', 'ipv4'],
    ['Example.COM', 'Example.COM', 'domain'],
    ['a.', 'a.', 'domain'],
    ['bücher.example', 'bücher.example', 'domain'],
    ['cafe', 'cafe', 'domain'],
    ['127.1', '127.1', 'domain'],
    ['_srv.example', '_srv.example', 'domain'],
  ])('reads %j as %j, %s', (text, host, type) => {
    expect(parseDestination(text, 80)).toEqual({ host, port: 80, type })
  })

  test.each([
    '',
    'a b',
    'a\0',
    'a\r\nb',
    'a\u0085',
    'a\u00A0b',
    'a\uD800',
    'a/b',
    'u@h',
    'h:80',
    '[::1',
    '[1.2.3.4]',
    'fe80::1%eth0',
    'a\u007F',
  ])('refuses the host %j', (host) => {
    expect(() => parseDestination(host, 80)).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })

  test('refuses each control character, lone surrogate and separator of Unicode', () => {
    const edges = [0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfeff, 0xffff]
    const units = [...Array(0x3100).keys(), ...edges].map((unit) => String.fromCharCode(unit))
    const isRefused = (unit: string): boolean => {
      try {
        return parseDestination(`a${unit}b`, 80) === undefined
      } catch {
        return true
      }
    }
    expect(units.filter(isRefused)).toEqual(units.filter((unit) => /[\p{Cc}\p{Cs}\p{Z}#%/:<>?@[\\\]^|]/u.test(unit)))
  })

  test('takes a name of 255 bytes', () => {
    expect(parseDestination('a'.repeat(255), 0).type).toBe('domain')
  })

  test.each(['a'.repeat(256), 'ü'.repeat(128), 'a'.repeat(100_000)])('refuses a longer name', (host) => {
    expect(() => parseDestination(host, 0)).toThrow(failure('ERR_SOCKS_TOO_LARGE'))
  })

  test.each([-1, 65_536, 1.5, Number.NaN])('refuses the port %d', (port) => {
    expect(() => parseDestination('a', port)).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })

  test('throws a TypeError for values of the wrong type', () => {
    expect(() => parseDestination('a', '80' as unknown as number)).toThrow(TypeError)
    expect(() => parseDestination(undefined as unknown as string, 80)).toThrow(TypeError)
  })

  test('does not copy a long hostile name into its message', () => {
    expect(() => parseDestination(`\n${'x'.repeat(250)}`, 80)).toThrow(/^host name "\\nx{63}…" has/)
  })
})

describe('formatDestination', () => {
  test.each([
    ['::1', '[::1]:80'],
    ['1.2.3.4', '1.2.3.4:80'],
    ['example.com', 'example.com:80'],
  ])('writes %j as %j', (host, text) => {
    expect(formatDestination(parseDestination(host, 80))).toBe(text)
  })
})
