import { expect, test } from 'vitest'
import { majorVersion, minorVersion, protocolVersion } from '../version.js'
import { MessageType } from './message-type.js'
import { channelIdOffset, peekType } from './peek.js'

test('peekType gives types it does not know', () => {
  expect(peekType(Uint8Array.of(0x01, 0xee))).toBe(0xee)
})

test('peekType refuses a single byte', () => {
  expect(() => peekType(Uint8Array.of(0x01))).toThrow(expect.objectContaining({ code: 'ERR_CODEC_TRUNCATED' }))
})

test('peekType names the version it refuses', () => {
  expect(() => peekType(Uint8Array.of(0x23, 0x01))).toThrow('2.3')
})

test('minorVersion is the low nibble, readable in any message', () => {
  expect(minorVersion(Uint8Array.of(0x07, 0x01))).toBe(7)
})

test('protocolVersion is 0.1', () => {
  expect({ majorVersion, minorVersion: minorVersion(Uint8Array.of(protocolVersion)) }).toEqual({
    majorVersion: 0,
    minorVersion: 1,
  })
})

test('channelIdOffset is set for the messages of a channel and no other', () => {
  const offsets = Object.entries(MessageType).map(([name, type]) => [name, channelIdOffset(type)])
  expect(Object.fromEntries(offsets.filter(([, offset]) => offset !== -1))).toEqual({
    Connect: 3,
    Data: 3,
    ConnectResponse: 3,
    Disconnect: 2,
    Connector: 2,
    ConnectorResponse: 2,
    Window: 2,
    Fin: 2,
  })
})
