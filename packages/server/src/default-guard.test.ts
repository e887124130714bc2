import { expect, test } from 'vitest'
import { defaultGuard } from './default-guard.js'

test.each([
  ['0.0.0.0', [], 'local'],
  ['::', [], 'local'],
  ['192.0.2.1', [], 'local'],
  ['proxy.test', [], 'local'],
  ['127.0.0.1', [], 'none'],
  ['::1', [], 'none'],
  ['localhost', [], 'none'],
  ['unix:/run/linksocks.sock', [], 'none'],
  ['127.0.0.1', ['127.0.0.1:1080', 'unix:/run/proxy.sock', 'ws://[::1]:8080/'], 'none'],
  ['127.0.0.1', ['0.0.0.0:1080'], 'local'],
  ['127.0.0.1', ['ws://0.0.0.0:8080/'], 'local'],
])('defaultGuard for a server on %s with proxy ports %j is %s', (host, socksListen, guard) => {
  expect(defaultGuard(host, socksListen)).toBe(guard)
})

test.each([
  ['127.0.0.1', '0.0.0.0', 'local'],
  ['unix:/run/linksocks.sock', '192.0.2.1', 'local'],
  ['127.0.0.1', '::1', 'none'],
])('defaultGuard for a server on %s that opens ports for providers on %s is %s', (host, exposeHost, guard) => {
  expect(defaultGuard(host, [], exposeHost)).toBe(guard)
})
