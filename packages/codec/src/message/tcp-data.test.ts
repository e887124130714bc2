import { describe, expect, test } from 'vitest'
import { maxMessageBytes } from '../limits.js'
import { newChannelId } from './channel-id.js'
import { encode } from './encode.js'
import { MessageType } from './message-type.js'
import {
  dataCreditBytes,
  encodeTcpData,
  maxTcpPayloadBytes,
  readTcpDataPayload,
  tcpDataHeaderBytes,
  writeTcpDataHeader,
} from './tcp-data.js'

const channelId = newChannelId()
const payload = Uint8Array.of(1, 2, 3, 4, 5)
const gzipOf11Bytes = Uint8Array.of(...Array<number>(20).fill(0), 11, 0, 0, 0)

test.each(['none', 'gzip'] as const)('encodeTcpData writes what encode does, compression %s', (compression) => {
  const message = { type: MessageType.Data, protocol: 'tcp', channelId, compression, payload } as const
  expect(encodeTcpData(channelId, payload, compression)).toEqual(encode(message))
})

test('encodeTcpData does not mark its payload as compressed unasked', () => {
  expect(encodeTcpData(channelId, payload)).toEqual(encodeTcpData(channelId, payload, 'none'))
})

test('encodeTcpData copies the payload', () => {
  const source = payload.slice()
  const frame = encodeTcpData(channelId, source)
  source.fill(0)
  expect(readTcpDataPayload(frame)).toEqual(payload)
})

test('encodeTcpData gives messages that do not overlap', () => {
  const frames = Array.from({ length: 500 }, (_, index) => encodeTcpData(channelId, new Uint8Array(index).fill(index)))
  const intact = frames.map((frame, index) => readTcpDataPayload(frame).every((byte) => byte === index % 256))
  expect(intact).not.toContain(false)
})

test('encodeTcpData keeps working after a buffer was transferred away', () => {
  const frame = encodeTcpData(channelId, payload)
  structuredClone(frame, { transfer: [frame.buffer] })
  expect(readTcpDataPayload(encodeTcpData(channelId, payload))).toEqual(payload)
})

test('writeTcpDataHeader frames a payload that is already in place', () => {
  const frame = new Uint8Array(tcpDataHeaderBytes + payload.length).fill(0xff)
  frame.set(payload, tcpDataHeaderBytes)
  writeTcpDataHeader(frame, channelId, payload.length)
  expect(frame).toEqual(encodeTcpData(channelId, payload))
})

describe('writeTcpDataHeader refuses', () => {
  const frame = new Uint8Array(30)
  test.each([
    ['a payload longer than the frame', RangeError, () => writeTcpDataHeader(frame, channelId, 7)],
    ['a negative length', RangeError, () => writeTcpDataHeader(frame, channelId, -1)],
    ['a fractional length', RangeError, () => writeTcpDataHeader(frame, channelId, 1.5)],
    ['a frame without room for the header', RangeError, () => writeTcpDataHeader(frame.subarray(7), channelId, 0)],
    ['an id of 15 bytes', RangeError, () => writeTcpDataHeader(frame, channelId.subarray(1), 1)],
    ['an unknown compression', TypeError, () => writeTcpDataHeader(frame, channelId, 1, 'zstd' as 'gzip')],
  ])('%s', (_, kind, write) => {
    expect(write).toThrow(kind)
  })
})

test('encodeTcpData takes a payload that fills the largest message', () => {
  expect(encodeTcpData(channelId, new Uint8Array(maxTcpPayloadBytes))).toHaveLength(maxMessageBytes)
})

test('encodeTcpData refuses a payload one byte larger', () => {
  expect(() => encodeTcpData(channelId, new Uint8Array(maxTcpPayloadBytes + 1))).toThrow(RangeError)
})

test('readTcpDataPayload refuses a message over the limit', () => {
  expect(() => readTcpDataPayload(new Uint8Array(maxMessageBytes + 1))).toThrow(
    expect.objectContaining({ code: 'ERR_CODEC_TOO_LARGE' }),
  )
})

test('readTcpDataPayload refuses UDP', () => {
  const frame = encode({ type: MessageType.Data, protocol: 'udp', channelId, compression: 'none', payload })
  expect(() => readTcpDataPayload(frame)).toThrow(expect.objectContaining({ code: 'ERR_CODEC_BAD_VALUE' }))
})

test('dataCreditBytes is the payload length without compression', () => {
  expect(dataCreditBytes(encodeTcpData(channelId, payload))).toBe(5)
})

test('dataCreditBytes is the size in the trailer with compression, whatever follows the message', () => {
  expect(dataCreditBytes(Uint8Array.of(...encodeTcpData(channelId, gzipOf11Bytes, 'gzip'), 99))).toBe(11)
})

test('dataCreditBytes refuses a gzip stream too short for a trailer', () => {
  expect(() => dataCreditBytes(encodeTcpData(channelId, payload, 'gzip'))).toThrow(
    expect.objectContaining({ code: 'ERR_CODEC_BAD_GZIP' }),
  )
})

test('dataCreditBytes is 0 for UDP, which has no window', () => {
  const frame = encode({ type: MessageType.Data, protocol: 'udp', channelId, compression: 'none', payload })
  expect(dataCreditBytes(frame)).toBe(0)
})
