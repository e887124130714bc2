import { expect, test } from 'vitest'
import * as bulk from './bulk.js'
import * as duplex from './duplex.js'
import * as frames from './frames.js'
import * as mux from './index.js'
import * as keepalive from './keepalive.js'

test('index exports exactly these names', () => {
  expect(Object.keys(mux).toSorted()).toMatchInlineSnapshot(`
    [
      "ChannelOffer",
      "Inbox",
      "LostChannels",
      "MemoryBudget",
      "MessageReader",
      "MuxError",
      "PeerLostChannels",
      "PeerPings",
      "PendingConnections",
      "RoundTrip",
      "Session",
      "SessionCloseCode",
      "SessionOfParts",
      "SharedBudget",
      "SharedPath",
      "StartLimit",
      "WrappedTransport",
      "addressBlock",
      "addressGroup",
      "checkKeepaliveTiming",
      "checkSessionOptions",
      "forward",
      "forwardAccepted",
      "helloWindowBytes",
      "loopbackPair",
      "maxPendingBytes",
    ]
  `)
})

test('bulk exports exactly these names', () => {
  expect(Object.keys(bulk).toSorted()).toEqual(['PathControl', 'UrgentLink', 'processFramePool'])
})

test('frames exports exactly these names', () => {
  expect(Object.keys(frames).toSorted()).toEqual(['FramePool', 'processFramePool'])
})

test('keepalive exports exactly these names', () => {
  expect(Object.keys(keepalive)).toEqual(['Keepalive'])
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
