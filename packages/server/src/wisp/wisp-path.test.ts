import { expect, test } from 'vitest'
import { wispToken } from './wisp-path.js'

test.each([
  ['/wisp/secret/', 'secret'],
  ['/wisp/secret', 'secret'],
  ['/wisp/a%2Fb/', 'a/b'],
  ['/wisp/', undefined],
  ['/wisp/a/b', undefined],
  ['/wisp/%ff/', undefined],
  ['/socket', undefined],
])('wispToken of %s is %s', (path, token) => {
  expect(wispToken(path)).toBe(token)
})
