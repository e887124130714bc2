import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { targetOf } from '../../testing/target-of.js'
import { parseTargetPattern } from './target-pattern.js'

const matches = (pattern: string, host: string, port: number): boolean | undefined =>
  parseTargetPattern(pattern, 'rule')?.matches(targetOf(host, port))

describe('parseTargetPattern', () => {
  test.each([
    ['git.test', 'git.test', 1, true],
    ['git.test', 'GIT.Test.', 1, true],
    ['git.test', 'a.git.test', 1, false],
    ['*.test', 'a.b.test', 1, true],
    ['*.test', 'test', 1, false],
    ['*.test', 'atest', 1, false],
    ['*', '10.0.0.1', 1, true],
    [':25', 'anything', 25, true],
    [':25', 'anything', 26, false],
    ['10.0.0.0/8', '10.255.0.1', 1, true],
    ['10.0.0.0/8', '11.0.0.1', 1, false],
    ['10.0.0.0/8', 'ten.test', 1, false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', 1, true],
    ['0.0.0.0/0', '203.0.113.1', 1, true],
    ['10.0.0.1', '10.0.0.1', 1, true],
    ['[2001:db8::]/32', '2001:db8:1::1', 1, true],
    ['[2001:db8::1]', '2001:DB8:0:0::1', 1, true],
    ['[::1]:80-90', '::1', 85, true],
    ['*.test:443', 'a.test', 80, false],
    ['*.0.1', '127.0.0.1', 1, false],
    ['127.1', '127.0.0.1', 1, true],
    ['[::ffff:10.0.0.0]/104', '10.255.0.1', 1, true],
    ['[fe80::1]', 'fe80::1%eth0', 1, true],
    ['bücher.test', 'xn--bcher-kva.test', 1, true],
    ['10.0.0.0/8', '64:ff9b::10.0.0.1', 1, false],
  ])('%s takes in %s:%d: %s', (pattern, host, port, expected) => {
    expect(matches(pattern, host, port)).toBe(expected)
  })

  test.each(['', ' ', 'a:b', '2001:db8::1', '[::1', 'a:1:2'])('does not know the form %j', (pattern) => {
    expect(parseTargetPattern(pattern, 'rule')).toBeUndefined()
  })

  test.each([
    ['10.0.0.0/33', 'rule has a prefix length of 33; it must be from 0 to 32'],
    ['[::]/129', 'rule has a prefix length of 129; it must be from 0 to 128'],
    ['10.0.0.0/', 'rule has a prefix length of ; it must be from 0 to 32'],
    ['10.0.0.0/x', 'rule has a prefix length of x; it must be from 0 to 32'],
    ['name/8', 'rule has a prefix length on a name'],
    ['[fe80::1%eth0]', 'rule has a zone; it is about an address in every zone'],
    ['127.0.0.256', 'rule ends in a number, but is no IPv4 address'],
    ['a b', 'rule has a character that no host name has'],
    [':9-8', 'rule has ports 9-8; write the lower one first, 65535 at most'],
    [':65536', 'rule has ports 65536; write the lower one first, 65535 at most'],
  ])('refuses %s', (pattern, message) => {
    expect(() => parseTargetPattern(pattern, 'rule')).toThrow(new RangeError(message))
  })

  test.each([
    ['127.0.0.0/8', '0.0.0.0'],
    ['127.0.0.0/8', '64:ff9b::7f00:1'],
    ['[::1]', '::'],
    ['10.0.0.0/8', '2002:a00:1::1'],
  ])('%s touches %s', (pattern, host) => {
    expect(parseTargetPattern(pattern, 'rule')?.touches(targetOf(host))).toBe(true)
  })

  test('knows an address in the network of its first bits, as counted by hand', () => {
    const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
    const asNumber = ([a, b, c, d]: readonly number[]): number => ((a! * 256 + b!) * 256 + c!) * 256 + d!
    fc.assert(
      fc.property(address, address, fc.nat(32), (network, host, bits) => {
        const size = 2 ** (32 - bits)
        const expected = Math.floor(asNumber(network) / size) === Math.floor(asNumber(host) / size)
        expect(matches(`${network.join('.')}/${bits}`, host.join('.'), 1)).toBe(expected)
      }),
    )
  })

  test('throws only RangeError, for any text', () => {
    const read = (text: string): string => {
      try {
        parseTargetPattern(text, 'rule')?.matches(targetOf('a'))
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
