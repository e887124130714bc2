import { expect, test } from 'vitest'
import { isLocalhost } from './loopback.js'

test.each([
  ['localhost', true],
  ['a.localhost', true],
  ['localhost.test', false],
  ['nolocalhost', false],
])('isLocalhost of %s is %s', (name, expected) => {
  expect(isLocalhost(name)).toBe(expected)
})
