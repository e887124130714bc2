import { expect, test } from 'vitest'
import type { ServerOptions } from './options/server-options.js'
import { LinkSocksServer } from './server.js'

test.each<[string, ServerOptions]>([
  ['exit.connectTimeoutMs is 0', { exit: { connectTimeoutMs: 0 } }],
  ['exit.udp.maxResolving is -1', { exit: { udp: { maxResolving: -1 } } }],
  ['limits.windowBytes is 0', { limits: { windowBytes: 0 } }],
])('LinkSocksServer names the whole path of an option out of range: %s', (text, options) => {
  expect(() => new LinkSocksServer(options)).toThrow(text)
})
