import { expect, test } from 'vitest'
import * as bulk from './bulk.js'
import * as duplex from './duplex.js'
import * as mux from './index.js'

test('index exports exactly these names', () => {
  expect(Object.keys(mux).toSorted()).toMatchInlineSnapshot(`
    [
      "ChannelOffer",
      "FramePool",
      "Inbox",
      "Keepalive",
      "LostChannels",
      "MemoryBudget",
      "MessageReader",
      "MuxError",
      "PeerPings",
      "PendingConnections",
      "RoundTrip",
      "Session",
      "SessionCloseCode",
      "SessionOfParts",
      "SharedBudget",
      "StartLimit",
      "WrappedTransport",
      "addressGroup",
      "checkKeepaliveTiming",
      "checkSessionOptions",
      "forward",
      "forwardAccepted",
      "helloWindowBytes",
      "loopbackPair",
      "maxPendingBytes",
      "processFramePool",
    ]
  `)
})

test('bulk exports exactly these names', () => {
  expect(Object.keys(bulk).toSorted()).toEqual(['PathControl', 'UrgentCopies'])
})

test('duplex exports exactly these names', () => {
  expect(Object.keys(duplex).toSorted()).toMatchInlineSnapshot(`
    [
      "FrameBytes",
      "streamTransport",
      "toDuplex",
    ]
  `)
})
