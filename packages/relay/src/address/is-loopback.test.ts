import { expect, test } from 'vitest'
import { isLoopback } from './is-loopback.js'

test.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST.', 'a.localhost'])(
  'isLoopback is true of %s',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

test.each(['0.0.0.0', '::', '128.0.0.1', 'localhost.test', '127.test', ''])('isLoopback is false of %j', (host) => {
  expect(isLoopback(host)).toBe(false)
})
