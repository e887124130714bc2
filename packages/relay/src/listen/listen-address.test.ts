import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatListenAddress, parseListenAddress } from './listen-address.js'

describe('parseListenAddress', () => {
  test.each([
    ['1080', { host: '127.0.0.1', port: 1080 }],
    ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    ['localhost:1080', { host: 'localhost', port: 1080 }],
    ['[::1]:1080', { host: '::1', port: 1080 }],
    ['unix:/run/proxy.sock', { path: '/run/proxy.sock' }],
    ['unix:proxy:1.sock', { path: 'proxy:1.sock' }],
    ['ws://0.0.0.0:8080/a/b', { webSocket: { secure: false, host: '0.0.0.0', port: 8080, path: '/a/b' } }],
    ['wss://[::1]?ed=2048', { webSocket: { secure: true, host: '::1', port: 443, path: '/' } }],
    ['ws://localhost:0', { webSocket: { secure: false, host: 'localhost', port: 0, path: '/' } }],
  ])('reads %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address)
  })

  test.each([
    ['', 'is no place to listen'],
    ['::1:1080', 'is no place to listen'],
    ['host', 'is no place to listen'],
    [':1080', 'is no place to listen'],
    ['host:70000', 'port 70000; ports end at 65535'],
    ['[10.0.0.1]:80', 'no IPv6 address in its brackets'],
    ['unix:', 'needs the path of a file'],
    ['unix:\0abstract', 'needs the path of a file'],
    [`unix:/${'x'.repeat(103)}`, 'has 104 bytes; the limit is 103'],
    ['ws://', 'is no place to listen; write ws://HOST:PORT/PATH'],
    ['ws://host:70000/', 'is no place to listen'],
    ['ws://host/path?x=1', 'has something behind its path'],
    ['ws://host/path#x', 'has something behind its path'],
    ['ws://ada:secret@host/', '"ws://\\*\\*\\*@host/" has an account in it'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseListenAddress(text)).toThrow(new RegExp(reason))
  })

  test('reads back what formatListenAddress writes', () => {
    const addresses = fc.oneof(
      fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), port: fc.nat(65_535) }),
      fc.record({ path: fc.stringMatching(/^\/[a-z/.: ]{1,60}$/) }),
      fc.record({
        webSocket: fc.record({
          secure: fc.boolean(),
          host: fc.oneof(fc.ipV4(), fc.domain()),
          port: fc.nat(65_535),
          path: fc.stringMatching(/^\/[a-z]{0,9}$/),
        }),
      }),
    )
    fc.assert(
      fc.property(addresses, (address) => {
        expect(parseListenAddress(formatListenAddress(address))).toEqual(address)
      }),
    )
  })

  test('throws only RangeError, for any text', () => {
    const read = (text: string): string => {
      try {
        parseListenAddress(text)
        return 'RangeError'
      } catch (error) {
        return (error as Error).name
      }
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(read(text)).toBe('RangeError')
      }),
    )
  })
})
