import { expect, test } from 'vitest'
import { formatHostPort } from './host-port.js'

test.each([
  ['example.org', 443, 'example.org:443'],
  ['192.0.2.1', 0, '192.0.2.1:0'],
  ['2001:db8::1', 80, '[2001:db8::1]:80'],
])('formatHostPort writes %s and %d as %s', (host, port, text) => {
  expect(formatHostPort(host, port)).toBe(text)
})
