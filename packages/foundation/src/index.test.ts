import { expect, test } from 'vitest'
import * as foundation from './index.js'

test('@ls/foundation exports exactly these names', () => {
  expect(Object.keys(foundation).toSorted()).toMatchInlineSnapshot(`
    [
      "Changes",
      "Histogram",
      "Pause",
      "ProgressWatch",
      "RareLog",
      "asError",
      "checkDurationMs",
      "checkInteger",
      "checkOptionNames",
      "didYouMean",
      "formatHostPort",
      "formatIpv4",
      "formatIpv6",
      "hasOption",
      "inGroup",
      "isFailedOutcome",
      "isIpv4Mapped",
      "isLocalhost",
      "isLoopback",
      "isLoopbackName",
      "isReplyWord",
      "latencyBoundsMs",
      "logParts",
      "loggerOfPart",
      "maxLabelledTokens",
      "maxPort",
      "maxTimerMs",
      "optionGroup",
      "parseIpv4",
      "parseIpv6",
      "replyForms",
      "replyOfErrno",
      "replyWords",
      "silentLogger",
      "suggest",
      "systemClock",
      "textOf",
      "unknownOption",
      "unknownOptionError",
    ]
  `)
})
