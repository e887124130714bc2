import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeClose, encodeContinue, encodeData, parsePacket } from './packet.js'

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)

describe('parsePacket', () => {
  test('reads CONNECT: kind, port, host', () => {
    const host = new TextEncoder().encode('db.test')
    expect(parsePacket(bytes(1, 7, 0, 0, 0, 1, 0xbb, 0x01, ...host))).toEqual({
      type: 'connect',
      stream: 7,
      protocol: 'tcp',
      host: 'db.test',
      port: 443,
    })
  })

  test.each([
    [2, 'udp'],
    [3, undefined],
  ])('reads kind %i of a stream as %s', (kind, protocol) => {
    expect(parsePacket(bytes(1, 7, 0, 0, 0, kind, 53, 0, 0x61))).toMatchObject({ protocol })
  })

  test('reads DATA', () => {
    expect(parsePacket(bytes(2, 1, 2, 3, 4, 9, 9))).toEqual({ type: 'data', stream: 0x04030201, payload: bytes(9, 9) })
  })

  test('reads CLOSE', () => {
    expect(parsePacket(bytes(4, 1, 0, 0, 0, 2))).toEqual({ type: 'close', stream: 1, reason: 2 })
  })

  test.each([[bytes()], [bytes(2, 1, 0, 0)], [bytes(1, 1, 0, 0, 0, 1, 80)]])('takes %j for no packet', (packet) => {
    expect(parsePacket(packet)).toBeUndefined()
  })

  test('throws at nothing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (packet) => void parsePacket(packet)))
  })

  test('reads what encodeData and encodeClose write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.uint8Array(), (stream, payload) => {
        expect(parsePacket(encodeData(stream, payload))).toEqual({ type: 'data', stream, payload })
        expect(parsePacket(encodeClose(stream, 0x44))).toEqual({ type: 'close', stream, reason: 0x44 })
      }),
    )
  })
})

test('encodeContinue writes the number of packets', () => {
  expect(encodeContinue(1, 64)).toEqual(bytes(3, 1, 0, 0, 0, 64, 0, 0, 0))
})
