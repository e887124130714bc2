import { expect, test } from 'vitest'
import { isLocalhost, isLoopback } from './loopback.js'

test.each([
  ['localhost', true],
  ['a.localhost', true],
  ['localhost.test', false],
  ['nolocalhost', false],
])('isLocalhost of %s is %s', (name, expected) => {
  expect(isLocalhost(name)).toBe(expected)
})

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::127.0.0.1',
  'localhost',
  'LOCALHOST.',
  'a.localhost',
  'ip6-localhost',
])('isLoopback is true of %s', (host) => {
  expect(isLoopback(host)).toBe(true)
})

test.each([
  '0.0.0.0',
  '::',
  '::2',
  '1::1',
  '128.0.0.1',
  '::ffff:128.0.0.1',
  '::fffe:127.0.0.1',
  'localhost.test',
  '127.test',
  '127.1',
  '.',
  '',
])('isLoopback is false of %j', (host) => {
  expect(isLoopback(host)).toBe(false)
})
