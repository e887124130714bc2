import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { harmless, harmlessLines } from './harmless.js'

describe('harmless', () => {
  test.each([
    ['\u001b[2Jgone', '\\u001b[2Jgone'],
    ['a\r\nb', 'a\\u000d\\u000ab'],
    ['\u009b31m', '\\u009b31m'],
    ['moc.\u202eelgoog', 'moc.\\u202eelgoog'],
    ['\u{e0001}', '\\udb40\\udc01'],
    ['例え.jp', '例え.jp'],
  ])('%j becomes %j', (text, shown) => {
    expect(harmless(text)).toBe(shown)
  })

  test('leaves nothing that a terminal obeys', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Cf}]/u.test(harmless(text))))
  })

  test('does not change JSON', () => {
    const isSame = (text: string): boolean => JSON.parse(harmless(JSON.stringify(text))) === text
    fc.assert(fc.property(fc.string({ unit: 'binary' }), isSame))
  })
})

test('harmlessLines keeps lines', () => {
  expect(harmlessLines('a\u001b\nb')).toBe('a\\u001b\nb')
})
