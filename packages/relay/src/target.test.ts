import { expect, test } from 'vitest'
import { formatTarget } from './target.js'

test.each([
  ['host.test', 'host.test:80'],
  ['10.0.0.1', '10.0.0.1:80'],
  ['2001:db8::1', '[2001:db8::1]:80'],
])('formatTarget writes %s as %s', (host, text) => {
  expect(formatTarget({ host, port: 80 })).toBe(text)
})
