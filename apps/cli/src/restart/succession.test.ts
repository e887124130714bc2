import { expect, test } from 'vitest'
import { readSuccession } from './succession.js'

test('readSuccession returns what was written', () => {
  const succession = { folder: '/run/x', places: ['127.0.0.1:8765', 'unix:/run/a.sock'], lent: ['unix:/run/a.sock'] }
  expect(readSuccession(JSON.stringify(succession))).toEqual(succession)
})

test.each(['', '{}', '{"folder":1,"places":[]}', '{"folder":"/x"}'])('readSuccession refuses %s', (text) => {
  expect(() => readSuccession(text)).toThrow(SyntaxError)
})
