import { expect, test } from 'vitest'
import * as dial from './index.js'

test('@ls/dial exports exactly these names', () => {
  expect(Object.keys(dial).toSorted()).toMatchInlineSnapshot(`
    [
      "DialError",
      "ListeningSockets",
      "Resolver",
      "defaultDialTimeoutMs",
      "dial",
      "listenAt",
      "listenOnPath",
      "listeningSockets",
      "parseDnsServer",
      "resolveAll",
      "resolversFor",
      "serverResolver",
      "systemResolver",
    ]
  `)
})
