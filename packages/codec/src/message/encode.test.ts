import { describe, expect, test } from 'vitest'
import { maxMessageBytes } from '../limits.js'
import { datagramTarget } from './address.js'
import { newChannelId } from './channel-id.js'
import { decode } from './decode.js'
import { encode } from './encode.js'
import { MessageType } from './message-type.js'
import type { DataMessage, KnownMessage } from './message.js'

const { Auth, Ack, Connect, Connector, ConnectorResponse, Data, DirectStatus, Disconnect, Hello, Log, Partners } =
  MessageType
const channelId = newChannelId()
const shortId = channelId.subarray(1)
const payload = new Uint8Array(1)
const address = { host: 'a', port: 1 }

const outOfRange: Array<[string, KnownMessage]> = [
  ['an empty Auth token', { type: Auth, token: '', reverse: false, instance: channelId }],
  ['an Auth token of 256 bytes', { type: Auth, token: 'é'.repeat(128), reverse: false, instance: channelId }],
  ['an instance of 15 bytes', { type: Auth, token: 'a', reverse: false, instance: shortId }],
  ['a channel id of 15 bytes', { type: Disconnect, channelId: shortId }],
  ['a port of 65536', { type: Connect, protocol: 'tcp', channelId, address: { host: 'a', port: 65536 } }],
  ['a port of -1', { type: Connect, protocol: 'tcp', channelId, address: { host: 'a', port: -1 } }],
  ['an empty host', { type: Connect, protocol: 'tcp', channelId, address: { host: '', port: 1 } }],
  ['a host of 256 bytes', { type: Connect, protocol: 'tcp', channelId, address: { host: 'a'.repeat(256), port: 1 } }],
  ['a Connector token of 256 bytes', { type: Connector, channelId, token: 'a'.repeat(256), operation: 'add' }],
  ['an empty ConnectorResponse token', { type: ConnectorResponse, channelId, success: true, token: '' }],
  ['a count of -1', { type: Partners, count: -1 }],
  ['a fractional count', { type: Partners, count: 0.5 }],
  ['a credit of 0', { type: MessageType.Window, channelId, creditBytes: 0 }],
  ['a credit over 32 bits', { type: MessageType.Window, channelId, creditBytes: 2 ** 32 }],
  ['a sequence of 2^53', { type: Ack, sequence: 2 ** 53 }],
  ['an empty secret', { type: MessageType.Resume, session: channelId, secret: new Uint8Array(), sequence: 0 }],
  ['a window below 0', { type: Hello, extensions: [], windowBytes: -1 }],
  ['an endless grace', { type: Hello, extensions: [], windowBytes: 0, graceSeconds: Infinity }],
  ['a session of 15 bytes', { type: Hello, extensions: [], windowBytes: 0, session: shortId }],
  ['a secret of 256 bytes', { type: Hello, extensions: [], windowBytes: 0, secret: new Uint8Array(256) }],
  ['over 1 MiB of JSON', { type: Log, level: 'info', text: 'a'.repeat(2 ** 20) }],
  [
    'a datagram over 32 MiB',
    { type: Data, protocol: 'udp', channelId, compression: 'none', payload: new Uint8Array(maxMessageBytes) },
  ],
]

const wrongKind: Array<[string, unknown]> = [
  ['an unknown type', { type: 'unknown', typeByte: 99 }],
  ['a channel id as text', { type: Disconnect, channelId: '0123456789abcdef' }],
  ['an error that is no text', { type: Disconnect, channelId, error: 5 }],
  ['a token that is no text', { type: Connector, channelId, token: 5, operation: 'add' }],
  ['an unknown operation', { type: Connector, channelId, token: 'a', operation: 'list' }],
  ['an unknown protocol', { type: Connect, protocol: 'sctp', channelId, address }],
  ['a Connect over TCP without an address', { type: Connect, protocol: 'tcp', channelId }],
  ['a Connect over UDP with an address', { type: Connect, protocol: 'udp', channelId, address }],
  ['a target for TCP', { type: Data, protocol: 'tcp', channelId, compression: 'none', payload, target: address }],
  ['an unknown compression', { type: Data, protocol: 'udp', channelId, compression: 'zstd', payload }],
  ['an unknown level', { type: Log, level: 'fatal', text: '' }],
  ['a text that is none', { type: Log, level: 'info', text: undefined }],
  ['an unknown extension', { type: Hello, extensions: ['quantum'], windowBytes: 0 }],
  ['a body that JSON cannot express', { type: DirectStatus, json: undefined }],
]

describe('encode throws a RangeError for', () => {
  test.each(outOfRange)('%s', (_, message) => {
    expect(() => encode(message)).toThrow(RangeError)
  })
})

describe('encode throws a TypeError for', () => {
  test.each(wrongKind)('%s', (_, message) => {
    expect(() => encode(message as KnownMessage)).toThrow(TypeError)
  })
})

test.each([
  ['ASCII', 'a'.repeat(300), 'a'.repeat(255)],
  ['two-byte characters', 'é'.repeat(200), 'é'.repeat(127)],
  ['an emoji that straddles the limit', `${'a'.repeat(253)}😀`, 'a'.repeat(253)],
  ['an emoji that just fits', `${'a'.repeat(251)}😀b`, `${'a'.repeat(251)}😀`],
])('encode cuts a long error between characters: %s', (_, error, kept) => {
  expect(decode(encode({ type: Disconnect, channelId, error }))).toMatchObject({ error: kept })
})

test('encode writes no error for a success', () => {
  const response = { type: MessageType.ConnectResponse, success: true, channelId } as const
  expect(encode({ ...response, error: 'late' })).toEqual(encode(response))
})

test('encode leaves absent fields out of Hello', () => {
  const body = encode({ type: Hello, extensions: ['fin'], windowBytes: 7 }).subarray(6)
  expect(new TextDecoder().decode(body)).toBe('{"ext":["fin"],"window":7}')
})

test('decode keeps a byte order mark, which is part of the text', () => {
  expect(decode(encode({ type: Disconnect, channelId, error: '\ufeffx' }))).toMatchObject({ error: '\ufeffx' })
})

test('decode cuts text that grew past 255 bytes by replacement', () => {
  const frame = Uint8Array.of(0x01, Disconnect, ...channelId, 200, ...Array<number>(200).fill(0xff))
  expect(decode(frame)).toMatchObject({ error: '\ufffd'.repeat(85) })
})

test('decode refuses a message over the limit', () => {
  expect(() => decode(new Uint8Array(maxMessageBytes + 1))).toThrow(
    expect.objectContaining({ code: 'ERR_CODEC_TOO_LARGE' }),
  )
})

test('a CodecError for bad JSON keeps its cause', () => {
  const frame = Uint8Array.of(0x01, Log, 0, 0, 0, 1, 0x7b)
  expect(() => decode(frame)).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) as unknown }))
})

test('a CodecError for a bad secret does not show it', () => {
  const body = new TextEncoder().encode('{"ext":[],"secret":"hunter2!"}')
  const frame = Uint8Array.of(0x01, Hello, 0, 0, 0, body.length, ...body)
  expect(() => decode(frame)).toThrow(/^(?!.*hunter2)/)
})

const datagram: DataMessage = { type: Data, protocol: 'udp', channelId, compression: 'none', payload }
const other = { host: 'b', port: 2 }

test.each([
  ['the target where both are given', { ...datagram, source: other, target: address }, address],
  ['the only address of a short tail', { ...datagram, source: address }, address],
  ['undefined where there is none', datagram, undefined],
])('datagramTarget is %s', (_, message, target) => {
  expect(datagramTarget(message)).toEqual(target)
})
