import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressBlock, addressGroup } from './address-group.js'

describe('addressGroup', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::5', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group)
  })

  test('of any two addresses in a /64 is the same, of others not', () => {
    const word = fc.integer({ min: 1, max: 0xffff })
    fc.assert(
      fc.property(fc.tuple(word, word, word, word, word, word, word, word), (words) => {
        const texts = words.map((each) => each.toString(16))
        const group = addressGroup(texts.join(':'))
        const next = addressGroup(
          [...texts.slice(0, 3), ((words[3] ^ 1) + 0x1_0000).toString(16).slice(1), '', ''].join(':'),
        )
        expect({
          addressGroupIsGroup: addressGroup(`${texts.slice(0, 4).join(':')}::`) === group,
          nextIsGroup: next === group,
        }).toEqual({ addressGroupIsGroup: true, nextIsGroup: false })
      }),
    )
  })

  test('takes any text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => typeof addressGroup(text) === 'string'))
  })
})

test.each([
  ['2001:db8::1', '2001:db8:0::/48'],
  ['2001:0DB8:0:ffff:1::', '2001:db8:0::/48'],
  ['2001:db8:1::1', '2001:db8:1::/48'],
  ['fe80::1%eth0', 'fe80:0:0::/48'],
  ['192.0.2.1', undefined],
  ['::ffff:192.0.2.1', undefined],
  ['unknown', undefined],
])('addressBlock of %s is %s', (address, block) => {
  expect(addressBlock(address)).toBe(block)
})
