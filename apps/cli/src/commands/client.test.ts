import { ClientError } from '@ls/client'
import { expect, test } from 'vitest'
import type { ClientSettings } from '../options/client-options.js'
import { explainFailure, schemeHint } from './client.js'

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

test.each([
  ['invalid token', {}, 'invalid token; check --token (-t); if it is the code of a provider, that must connect first'],
  ['invalid token', { reverse: true }, 'invalid token; check --token (-t)'],
  ['invalid token', { token: undefined }, 'invalid token; give a token with --token (-t) or LINKSOCKS_TOKEN'],
  ['invalid token: use "linksocks provider"', {}, 'invalid token: use "linksocks provider"'],
  ['too many links', {}, 'too many links'],
])('explainFailure of the refusal "%s" with %j says "%s"', (refusal, given, text) => {
  const settings = { token: 'x', reverse: false, ...given } as ClientSettings
  expect(explainFailure(new ClientError('ERR_CLIENT_REFUSED', refusal), settings).message).toBe(text)
})
