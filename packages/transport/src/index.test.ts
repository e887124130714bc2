import { expect, test } from 'vitest'
import * as entry from './index.js'

test('the package exports these names', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "CloseCode",
      "TransportError",
      "WebSocketTransport",
      "connect",
      "environmentProxy",
      "formatAuthQuery",
      "hashToken",
      "listen",
      "parseAuthQuery",
      "parseServerUrl",
      "redactUrl",
      "transportErrorCodes",
    ]
  `)
})
