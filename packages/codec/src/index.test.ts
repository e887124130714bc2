import { expect, test } from 'vitest'
import * as codec from './index.js'
import * as messages from './messages.js'
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

test('@ls/codec/messages has a function for each direction of each message that has content', () => {
  const empty = new Set(['Lossy', 'Relink'])
  const direct = new Set(['DirectCapabilities', 'DirectRendezvous', 'DirectStatus'])
  const names = Object.keys(codec.MessageType).filter((name) => !direct.has(name))
  const wanted = [
    'encodeUdpData',
    'encodeDirect',
    'decodeDirect',
    ...names.map((name) => `encode${name}`),
    ...names.filter((name) => !empty.has(name)).map((name) => `decode${name}`),
  ]
  expect(Object.keys(messages).toSorted()).toEqual(wanted.toSorted())
})

test('decoders of @ls/codec/messages refuse a message of another type', () => {
  const fin = messages.encodeFin({ channelId: codec.newChannelId() })
  expect(() => messages.decodeAck(fin)).toThrow(
    expect.objectContaining({ code: 'ERR_CODEC_BAD_VALUE', message: 'the message has type 34, wanted is 35' }),
  )
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
