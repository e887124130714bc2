import { expect, test } from 'vitest'
import * as link from './index.js'

test('@ls/link exports what its README lists', () => {
  expect(Object.keys(link).toSorted()).toMatchInlineSnapshot(`
    [
      "ClientError",
      "Link",
      "PingedTransport",
      "ShownToken",
      "heartbeatProbe",
      "resolveLinkSettings",
    ]
  `)
})
