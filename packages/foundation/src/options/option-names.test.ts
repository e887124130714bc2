import { describe, expect, test } from 'vitest'
import { checkOptionNames, hasOption, inGroup, optionGroup, unknownOption } from './option-names.js'

const known = { socksPort: true, url: true, proxy: { port: true, udp: { idleMs: true } }, listen: true } as const

describe('checkOptionNames', () => {
  test('takes options that there are, with any value', () => {
    expect(() => checkOptionNames({ url: undefined, proxy: { udp: { idleMs: 1 } } }, known)).not.toThrow()
  })

  test('takes any value in place of a group', () => {
    expect(() => checkOptionNames({ proxy: 'none' }, known)).not.toThrow()
  })

  test.each([
    ['there is no option `socksport`; did you mean `socksPort`?', { socksport: 1 }],
    ['there is no option `toString`', { toString: 1 }],
    ['there is no option `proxy.prot`; did you mean `proxy.port`?', { proxy: { prot: 1 } }],
    ['there is no option `proxy.udp.idle`; did you mean `proxy.udp.idleMs`?', { proxy: { udp: { idle: 1 } } }],
    ['there is no option `idleMs`; did you mean `proxy.udp.idleMs`?', { idleMs: 1 }],
    ['there is no option `proxy.listen`; did you mean `listen`?', { proxy: { listen: 1 } }],
  ])('says: %s', (text, options) => {
    expect(() => checkOptionNames(options, known)).toThrow(new TypeError(text))
  })
})

test.each([
  [{ url: 'u', proxy: { port: 1, prot: 2 } }, 'proxy.prot'],
  [{ other: undefined }, undefined],
])('unknownOption of %o is %s', (options, path) => {
  expect(unknownOption(options, known)).toBe(path)
})

test.each([
  ['proxy.port', true],
  ['proxy', true],
  ['port', false],
])('hasOption of %s is %s', (path, expected) => {
  expect(hasOption(path, known)).toBe(expected)
})

describe('optionGroup', () => {
  test('is empty without a group', () => {
    expect(optionGroup('proxy', undefined)).toEqual({})
  })

  test.each([5, true, null, [1]])('refuses %j', (group) => {
    const text = `proxy is ${JSON.stringify(group)}; it must be an object of options`
    expect(() => optionGroup('proxy', group as unknown as object)).toThrow(new TypeError(text))
  })
})

describe('inGroup', () => {
  const failing = (error: Error) => () => {
    throw error
  }

  test('returns what the check returns', () => {
    expect(inGroup('limits', {}, () => 5)).toBe(5)
  })

  test.each([
    ['limits.graceMs is -1', new RangeError('graceMs is -1')],
    ['limits.udp.idleMs is -1', new RangeError('udp.idleMs is -1')],
    ['url is no URL', new RangeError('url is no URL')],
    ['graceMs of a bug', new TypeError('graceMs of a bug')],
  ])('says: %s', (text, error) => {
    const check = (): unknown => inGroup('limits', { graceMs: -1, udp: {} }, failing(error))
    expect(check).toThrow(text)
  })
})
