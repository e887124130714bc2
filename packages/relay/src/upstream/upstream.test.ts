import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseUpstream, speaksHttp } from './upstream.js'

describe('parseUpstream', () => {
  test.each([
    ['socks5://h', { protocol: 'socks5', host: 'h', port: 1080 }],
    ['socks5h://h:1', { protocol: 'socks5h', host: 'h', port: 1 }],
    ['socks4://h/', { protocol: 'socks4', host: 'h', port: 1080 }],
    ['socks4a://id@h', { protocol: 'socks4a', host: 'h', username: 'id' }],
    ['http://h', { protocol: 'http', port: 80 }],
    ['https://h', { protocol: 'https', port: 443 }],
    ['http://u:p@[::1]:3128', { host: '::1', port: 3128, username: 'u', password: 'p' }],
    ['socks5://a%40b:p%3Aq%25@h', { username: 'a@b', password: 'p:q%' }],
  ])('reads %s', (url, expected) => {
    expect(parseUpstream(url)).toMatchObject(expected)
  })

  test.each([
    ['h:1080', 'must be a URL such as socks5://127.0.0.1:1080'],
    ['127.0.0.1:1080', 'must be a URL such as socks5://127.0.0.1:1080'],
    ['ada:secret@h:1080', 'must be a URL such as socks5://127.0.0.1:1080'],
    ['', 'must be a URL'],
    ['ftp://h', 'not "ftp"'],
    ['constructor://h', 'not "constructor"'],
    ['socks5://', 'names no host'],
    ['socks5://h:0', 'has port 0'],
    ['socks5://h:70000', 'must be a URL'],
    ['socks5://h/path', 'has "/path" behind its port'],
    ['http://h?q', 'behind its port'],
    ['socks5://:p@h', 'has a password without a user name'],
    ['socks4://u:p@h', 'SOCKS4 carries only a user id'],
    ['socks5://%zz@h', 'a % that is not followed by two hex digits'],
    [`socks5://${'u'.repeat(256)}@h`, 'has a user name of 256 bytes; the limit is 255'],
  ])('refuses %s', (url, message) => {
    expect(() => parseUpstream(url)).toThrow(message)
  })

  const secret = fc.stringMatching(/^[A-Z0-9]{12,40}$/)
  const urlOf = (protocol: string, username: string, password: string): string =>
    `${protocol}://${encodeURIComponent(username)}:${encodeURIComponent(password)}@host.test:99`

  test('reads back any account', () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    fc.assert(
      fc.property(fc.constantFrom('socks5', 'http'), word, word, (protocol, username, password) => {
        expect(parseUpstream(urlOf(protocol, username, password))).toMatchObject({ username, password })
      }),
    )
  })

  test('shows no password where it refuses', () => {
    const refused = fc.constantFrom('socks4', 'socks4a', 'nonsense')
    fc.assert(
      fc.property(refused, secret, (protocol, password) => {
        expect(() => parseUpstream(urlOf(protocol, 'ada', password))).toThrow(
          expect.not.stringContaining(password) as Error,
        )
      }),
    )
  })
})

test.each([
  ['socks5://h', false],
  ['https://h', true],
])('speaksHttp tells %s: %s', (url, expected) => {
  expect(speaksHttp(parseUpstream(url))).toBe(expected)
})
