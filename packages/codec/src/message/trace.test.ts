import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from './decode.js'
import { encode } from './encode.js'
import { MessageType } from './message-type.js'
import type { ConnectMessage } from './message.js'
import { appendTraceparent, readTraceparent } from './trace.js'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const channelId = new Uint8Array(16).fill(7)
const tcp: ConnectMessage = { type: MessageType.Connect, protocol: 'tcp', channelId, address: { host: 'a', port: 1 } }
const udp: ConnectMessage = { type: MessageType.Connect, protocol: 'udp', channelId }

test.each([tcp, udp])('readTraceparent finds what appendTraceparent has added to Connect over $protocol', (connect) => {
  expect(readTraceparent(appendTraceparent(encode(connect), traceparent))).toBe(traceparent)
})

test.each([tcp, udp])('a peer that does not know it reads the same Connect over $protocol', (connect) => {
  expect(decode(appendTraceparent(encode(connect), traceparent))).toEqual(connect)
})

test.each([tcp, { ...tcp, resume: true as const }])('readTraceparent finds none in a plain Connect', (connect) => {
  expect(readTraceparent(encode(connect))).toBeUndefined()
})

test('appendTraceparent refuses other texts', () => {
  expect(() => appendTraceparent(encode(tcp), traceparent.replace('0af7', '0AF7'))).toThrow(RangeError)
})

test('readTraceparent takes any bytes, and gives what can be appended or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const found = readTraceparent(bytes)
      if (found !== undefined) appendTraceparent(encode(tcp), found)
    }),
  )
})
