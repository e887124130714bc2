import { expect, test } from 'vitest'
import { wholePackets } from './path-slack.js'
import { minMessageBytes } from './start-bytes.js'

/** Payload of a packet of 1500 bytes, and what Data, WebSocket and TLS take of a message's first one. */
const packetBytes = 1428
const headerBytes = 48

test.each([
  { name: 'a packet where the path carries less', bytes: 0, packets: 1 },
  { name: 'a packet', bytes: minMessageBytes, packets: 1 },
  { name: 'two packets and no rest of a third', bytes: 3125, packets: 2 },
  { name: 'all packets that fit', bytes: 62_500, packets: 43 },
])('wholePackets fills $name', ({ bytes, packets }) => {
  expect(wholePackets(bytes)).toBe(packets * packetBytes - headerBytes)
})

test('wholePackets has no limit where the rate is not known', () => {
  expect(wholePackets(Infinity)).toBe(Infinity)
})
