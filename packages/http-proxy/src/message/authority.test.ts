import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkTarget, formatAuthority, parseAuthority } from './authority.js'

const label = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}[a-z0-9_]$/)
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
const host = fc.oneof(name, fc.ipV4(), fc.ipV6())
const port = fc.integer({ min: 1, max: 65_535 })

describe('parseAuthority', () => {
  test('reads back what formatAuthority writes', () => {
    fc.assert(
      fc.property(host, port, (host, port) => {
        expect(parseAuthority(formatAuthority({ host, port }))).toEqual({ host, port })
      }),
    )
  })

  test('gives for any text undefined or a target that checkTarget accepts', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[[\]:.a-f0-9x%@-]{0,20}$/))
    fc.assert(
      fc.property(text, (text) => {
        const target = parseAuthority(text, 80)
        expect(target && checkTarget(target, 'target')).toEqual(target)
      }),
    )
  })

  test.each([
    ['a.example', { host: 'a.example', port: 80 }],
    ['a.example:', { host: 'a.example', port: 80 }],
    ['A_b.example.:8080', { host: 'A_b.example.', port: 8080 }],
    ['[2001:db8::1]', { host: '2001:db8::1', port: 80 }],
    ['1.2.3.4:00443', { host: '1.2.3.4', port: 443 }],
  ])('reads %j', (text, target) => {
    expect(parseAuthority(text, 80)).toEqual(target)
  })

  test.each([
    '',
    ':80',
    'a.example:0',
    'a.example:65536',
    'a.example:080080',
    'a.example:+1',
    'a.example:1:2',
    'user@a.example',
    'a example',
    'a/b',
    'a%2eb',
    'bücher.example',
    '::1',
    '[::1',
    '[::1]x',
    '[1.2.3.4]',
    '[fe80::1%eth0]',
    '-a.example',
    '1.2.3',
    '1.2.3.4.5',
    '0x7f.1',
    '127.0.0.0x1',
    '2130706433',
    'a.example.1',
    'a'.repeat(256),
  ])('refuses %j', (text) => {
    expect(parseAuthority(text, 80)).toBeUndefined()
  })

  test('needs a port where there is no default', () => {
    expect(parseAuthority('a.example')).toBeUndefined()
  })
})

describe('checkTarget', () => {
  test.each([
    [0, 'target.port is 0; it must be a whole number from 1 to 65535'],
    [65_536, 'target.port is 65536; it must be a whole number from 1 to 65535'],
    [Number.NaN, 'target.port is NaN; it must be a whole number from 1 to 65535'],
  ])('refuses the port %d with a RangeError', (wrong, message) => {
    expect(() => checkTarget({ host: 'a.example', port: wrong }, 'target')).toThrow(new RangeError(message))
  })

  test.each([
    ['a b', '"a b"'],
    ['x'.repeat(300), `"${'x'.repeat(79)}`],
    [undefined as unknown as string, 'undefined'],
  ])('refuses the host %j with a TypeError that shows its beginning', (wrong, shown) => {
    expect(() => checkTarget({ host: wrong, port: 80 }, 'target')).toThrow(
      new TypeError(`target.host is ${shown}; it must be an IP address or a host name of 1 to 255 bytes`),
    )
  })
})
