import { expect, test } from 'vitest'
import * as foundation from './index.js'

test('@ls/foundation exports exactly these names', () => {
  expect(Object.keys(foundation).toSorted()).toMatchInlineSnapshot(`
    [
      "Changes",
      "Histogram",
      "RareLog",
      "asError",
      "checkDurationMs",
      "checkInteger",
      "checkOptionNames",
      "didYouMean",
      "formatHostPort",
      "isFailedOutcome",
      "isLocalhost",
      "isReplyWord",
      "latencyBoundsMs",
      "maxLabelledTokens",
      "maxPort",
      "maxTimerMs",
      "replyForms",
      "replyOfErrno",
      "replyWords",
      "silentLogger",
      "suggest",
      "systemClock",
      "textOf",
    ]
  `)
})
