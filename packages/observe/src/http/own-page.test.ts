import type { IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { isFromOwnPage } from './own-page.js'

const host = 'localhost:8765'
const ownOrigin = 'http://localhost:8765'

test.each<[string, IncomingHttpHeaders, boolean]>([
  ['GET', { host }, true],
  ['POST', { host }, false],
  ['POST', { host, origin: ownOrigin }, true],
  ['POST', { host: 'LOCALHOST:8765', origin: ownOrigin }, true],
  ['POST', { host: 'example.org', origin: 'https://example.org' }, true],
  ['POST', { host, origin: 'http://localhost:9999' }, false],
  ['GET', { host, origin: 'http://localhost:9999' }, false],
  ['POST', { host, origin: 'null' }, false],
  ['POST', { host, origin: 'nonsense' }, false],
  ['POST', { origin: ownOrigin }, false],
  ['POST', { host: 'inside:80', origin: 'https://outside.example', 'sec-fetch-site': 'same-origin' }, true],
  ['GET', { host, 'sec-fetch-site': 'none' }, true],
  ['POST', { host, origin: ownOrigin, 'sec-fetch-site': 'none' }, false],
  ['GET', { host, 'sec-fetch-site': 'same-site' }, false],
  ['GET', { host, 'sec-fetch-site': 'cross-site' }, false],
])('isFromOwnPage for %s with %j: %s', (method, headers, expected) => {
  expect(isFromOwnPage({ method, headers })).toBe(expected)
})
