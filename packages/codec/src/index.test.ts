import { expect, test } from 'vitest'
import * as codec from './index.js'
import * as node from './node.js'

test('@ls/codec exports exactly these names', () => {
  expect(Object.keys(codec).toSorted()).toMatchInlineSnapshot(`
    [
      "CodecError",
      "MessageType",
      "anonymousToken",
      "appendTraceparent",
      "channelIdBytes",
      "channelIdOffset",
      "channelKey",
      "codecErrorCodes",
      "dataCreditBytes",
      "datagramTarget",
      "decode",
      "defaultMaxInflatedBytes",
      "defaultWindowBytes",
      "directTarget",
      "encode",
      "encodeTcpData",
      "extensions",
      "fflateCompressor",
      "formatChannelId",
      "isCompressed",
      "isDirectTarget",
      "knownExtensions",
      "majorVersion",
      "maxAddressBytes",
      "maxCreditBytes",
      "maxEarlyDataBytes",
      "maxErrorBytes",
      "maxGraceSeconds",
      "maxJsonBytes",
      "maxMessageBytes",
      "maxSecretBytes",
      "maxTcpPayloadBytes",
      "maxTokenBytes",
      "minorVersion",
      "newChannelId",
      "parseEarlyDataBytes",
      "parseUuid",
      "peekType",
      "protocolVersion",
      "readTcpDataPayload",
      "readTraceparent",
      "tcpDataHeaderBytes",
      "writeTcpDataHeader",
    ]
  `)
})

test('@ls/codec/node exports exactly these names', () => {
  expect(Object.keys(node).toSorted()).toMatchInlineSnapshot(`
    [
      "Inflation",
      "gunzipAsync",
      "gzipAsync",
      "nodeCompressor",
    ]
  `)
})
