import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeControls, escapeControlsInLines } from './escape-controls.js'

describe('escapeControls', () => {
  test.each([
    ['\u001b[2Jgone', '\\u001b[2Jgone'],
    ['a\r\nb', 'a\\u000d\\u000ab'],
    ['\u009b31m', '\\u009b31m'],
    ['moc.\u202eelgoog', 'moc.\\u202eelgoog'],
    ['\u{e0001}', '\\udb40\\udc01'],
    ['例え.jp', '例え.jp'],
  ])('%j becomes %j', (text, shown) => {
    expect(escapeControls(text)).toBe(shown)
  })

  test('leaves nothing that a terminal obeys', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Cf}]/u.test(escapeControls(text))))
  })

  test('does not change JSON', () => {
    const isSame = (text: string): boolean => JSON.parse(escapeControls(JSON.stringify(text))) === text
    fc.assert(fc.property(fc.string({ unit: 'binary' }), isSame))
  })
})

test('escapeControlsInLines keeps lines', () => {
  expect(escapeControlsInLines('a\u001b\nb')).toBe('a\\u001b\nb')
})
