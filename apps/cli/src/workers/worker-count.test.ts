import { expect, test } from 'vitest'
import { workerCount } from './worker-count.js'

test.each([
  [undefined, 1],
  ['1', 1],
  ['64', 64],
  ['auto', 6],
])('workerCount reads %s as %i', (text, count) => {
  expect(workerCount(text, () => 6)).toBe(count)
})

test.each(['0', '65', 'many', '-1', ''])('workerCount refuses "%s"', (text) => {
  expect(() => workerCount(text)).toThrow(`--workers is '${text}'; write a number from 1 to 64, or auto`)
})
