import { expect, test } from 'vitest'
import * as dial from './index.js'

test('@ls/dial exports exactly these names', () => {
  expect(Object.keys(dial).toSorted()).toMatchInlineSnapshot(`
    [
      "DialError",
      "ListenError",
      "ListeningSockets",
      "Resolver",
      "agentsOver",
      "askForReset",
      "breakStream",
      "carryResets",
      "closeStream",
      "confirmEnd",
      "defaultDialTimeoutMs",
      "dial",
      "discardStream",
      "listenAt",
      "listenErrorCodes",
      "listenOnPath",
      "listeningSockets",
      "makeFolders",
      "openPort",
      "parseDnsServer",
      "readLimitedFile",
      "resolveAll",
      "resolversFor",
      "serverResolver",
      "streamEnd",
      "systemResolver",
      "undiciConnectOver",
    ]
  `)
})
