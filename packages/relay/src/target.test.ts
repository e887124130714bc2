import { promises as dns } from 'node:dns'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { targetOf } from '../testing/target-of.js'
import { formatTarget, parseTarget, targetAt } from './target.js'

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
const number = (value: number): fc.Arbitrary<string> =>
  fc.constantFrom(`${value}`, `0${value.toString(8)}`, `0x${value.toString(16)}`, `0X00${value.toString(16)}`)

/** An address in the form of `inet_aton`: its last bytes in one number, each number in any base. */
const numberForm = fc.tuple(octets, fc.integer({ min: 1, max: 4 })).chain(([bytes, parts]) => {
  const rest = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0)
  const texts = fc.tuple(...[...bytes.slice(0, parts - 1), rest].map(number))
  return texts.map((each) => ({ text: each.join('.'), address: bytes.join('.') }))
})

describe('parseTarget', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['127.1', '127.0.0.1'],
    ['127.0.1', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.000.000.001', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['①②⑦.0.0.1', '127.0.0.1'],
    ['127。0。0。1', '127.0.0.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1'],
    ['0:0:0:0:0:ffff:127.0.0.1', '127.0.0.1'],
    ['::127.0.0.1', '127.0.0.1'],
    ['::ffff:0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['64:ff9b::127.0.0.1', '64:ff9b::7f00:1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['ff02::1%2', 'ff02::1%2'],
    ['LocalHost', 'localhost'],
    ['localhost.', 'localhost'],
    ['local\u00ADhost', 'localhost'],
    ['𝓁ocalhost', 'localhost'],
    ['_sip._tcp.example.test', '_sip._tcp.example.test'],
    ['Bücher.test', 'xn--bcher-kva.test'],
    ['a'.repeat(253), 'a'.repeat(253)],
    [`${'a'.repeat(253)}.`, 'a'.repeat(253)],
  ])('reads %s as %s', (text, host) => {
    expect(targetOf(text).host).toBe(host)
  })

  test.each([
    '',
    '.',
    'a..b',
    '.a',
    'a.b..',
    ' 127.0.0.1',
    '127.0.0.1 ',
    '127.0.0.1\0',
    '127.0.0.1\0.example.com',
    '127.0.0.1\n',
    'a\tb',
    'a\u007F',
    'é\n',
    'a/b',
    'é/x',
    'a@b',
    'a%b',
    '127.0.0.1%lo',
    '::1%lo',
    '::1%1',
    '::ffff:127.0.0.1%x.example.com',
    'fe80::1%',
    'fe80::1%a%b',
    'fe80::1%a/b',
    '::ffff:127.0.0.256',
    '1.2.3.4.5',
    '127.0.0.256',
    '4294967296',
    'host.08',
    '0x',
    'a:1',
    '[::1',
    '[a]',
    'a'.repeat(254),
    'ü'.repeat(253),
    '日本.1',
    '\u200B',
  ])('refuses %j', (host) => {
    expect(parseTarget({ host, port: 80 })).toMatchObject({ code: 'ERR_RELAY_FAILED' })
  })

  test('names the refused text, escaped and cut', () => {
    expect(parseTarget({ host: `\0\u009B${'x'.repeat(100)}`, port: 80 })).toMatchObject({
      message: `failed: the host "\\u0000\\u009b${'x'.repeat(62)}"… has a character that no host name has`,
    })
  })

  test.each([0, -1, 65_536, 1.5, Number.NaN])('refuses port %d', (port) => {
    expect(parseTarget({ host: 'a.test', port })).toMatchObject({
      message: `failed: the port of the target is ${port}`,
    })
  })

  test('reads every form of numbers as the address it is', () => {
    fc.assert(
      fc.property(numberForm, ({ text, address }) => {
        expect(targetOf(text).host).toBe(address)
      }),
    )
  })

  // Rules must treat a text as an address if the resolver of the system does so without a query.
  test('agrees with the resolver of the system about numbers', async () => {
    const loose = fc.string({ unit: fc.constantFrom(...'0123789.xa'.split('')), minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          numberForm.map(({ text }) => text),
          loose,
        ),
        async (text) => {
          const target = parseTarget({ host: text, port: 80 })
          fc.pre('host' in target && target.address !== undefined && !text.endsWith('.'))
          expect((await dns.lookup(text)).address).toBe(target.host)
        },
      ),
    )
  })

  test('leaves no name that a resolver may read as an address', () => {
    const loose = fc.string({ unit: fc.constantFrom(...'0123789.xX:af%[]'.split('')), maxLength: 20 })
    fc.assert(
      fc.property(loose, (host) => {
        const target = parseTarget({ host, port: 80 })
        fc.pre('host' in target && target.address === undefined)
        expect(target.host).toMatch(/(?:^|\.)(?!(?:\d+|0x[\da-f]*)$)[^.:%]+$/)
      }),
      { numRuns: 2000 },
    )
  })

  test('reads its own output as an equal value, for any text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.domain(), fc.ipV4Extended(), fc.ipV6())
    fc.assert(
      fc.property(text, (host) => {
        const target = parseTarget({ host, port: 80 })
        fc.pre('host' in target)
        expect(parseTarget(target)).toEqual(target)
      }),
      { numRuns: 2000 },
    )
  })

  test('leaves only visible ASCII, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (host) => {
        const target = parseTarget({ host, port: 80 })
        expect('host' in target ? target.host : 'refused').toMatch(/^[\x21-\x7e]{1,253}$/)
      }),
      { numRuns: 2000 },
    )
  })
})

test('targetAt keeps the port', () => {
  const { address } = targetOf('192.0.2.1')
  expect(targetAt(targetOf('a.test', 443), address!)).toEqual(targetOf('192.0.2.1', 443))
})

test.each([
  ['host.test', 'host.test:80'],
  ['10.0.0.1', '10.0.0.1:80'],
  ['2001:db8::1', '[2001:db8::1]:80'],
])('formatTarget writes %s as %s', (host, text) => {
  expect(formatTarget({ host, port: 80 })).toBe(text)
})
