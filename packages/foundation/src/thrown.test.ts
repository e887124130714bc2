import { expect, test } from 'vitest'
import { asError, textOf } from './thrown.js'

test('asError keeps an error', () => {
  const error = new TypeError('x')
  expect(asError(error)).toBe(error)
})

test('asError makes an error of anything else', () => {
  expect(asError('no error')).toEqual(new Error('no error'))
})

test.each([
  [new Error('x'), 'x'],
  [7, '7'],
  [undefined, 'undefined'],
])('textOf %s is its text', (thrown, text) => {
  expect(textOf(thrown)).toBe(text)
})
