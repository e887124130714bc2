import { expect, test } from 'vitest'
import * as relay from './index.js'

test('@ls/relay exports what it says it does', () => {
  expect(Object.keys(relay).toSorted()).toMatchInlineSnapshot(`
    [
      "Balancer",
      "ChannelSlots",
      "Forwards",
      "Inbound",
      "ListenError",
      "Outbound",
      "RefusalLog",
      "RelayError",
      "SessionCounts",
      "Traffic",
      "closeOpenSockets",
      "dial",
      "diallerThrough",
      "failureOf",
      "formatFailure",
      "formatForward",
      "formatListenAddress",
      "formatTarget",
      "guardLevels",
      "isLoopback",
      "localSession",
      "movedBy",
      "offerInTurn",
      "openStream",
      "outcomeOf",
      "outcomeOfForwarded",
      "parseAccessRules",
      "parseFailure",
      "parseForward",
      "parseListenAddress",
      "parseRoutes",
      "parseTarget",
      "parseUpstream",
      "parseUpstreamHeaders",
      "plainAddress",
      "pump",
      "readHostPort",
      "replyOf",
    ]
  `)
})
