import { expect, test } from 'vitest'
import { schemeHint } from './client.js'

test.each([
  ['localhost', 'ws://localhost:8765'],
  ['localhost:19999', 'ws://localhost:19999'],
  ['example.org/tunnel', 'ws://example.org:8765/tunnel'],
  ['[::1]:80', 'ws://[::1]:80'],
])('schemeHint of %s names %s', (url, right) => {
  expect(schemeHint(url)).toContain(`a server without TLS is ${right}`)
})

test('schemeHint says nothing of a URL with a scheme', () => {
  expect(schemeHint('ws://localhost')).toBeUndefined()
})
