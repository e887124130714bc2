import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDestination } from '../destination.js'
import { SocksError } from '../errors.js'
import { maxDatagramBytes } from '../limits.js'
import { decodeDatagram, encodeDatagram } from './datagram.js'

const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error
const destination = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.integer({ min: 0, max: 0xffff }))
  .map(([host, port]) => parseDestination(host, port))
const local = parseDestination('127.0.0.1', 53)

describe('encodeDatagram', () => {
  test('writes what decodeDatagram reads', () => {
    fc.assert(
      fc.property(destination, fc.uint8Array(), (destination, payload) => {
        expect(decodeDatagram(encodeDatagram(destination, payload))).toEqual({ destination, payload })
      }),
    )
  })

  test('takes a payload that fills the largest datagram', () => {
    expect(encodeDatagram(local, new Uint8Array(maxDatagramBytes - 10))).toHaveLength(maxDatagramBytes)
  })

  test('refuses one byte more', () => {
    const payload = new Uint8Array(maxDatagramBytes - 9)
    expect(() => encodeDatagram(local, payload)).toThrow(failure('ERR_SOCKS_TOO_LARGE'))
  })
})

describe('decodeDatagram', () => {
  test('refuses every datagram cut inside its header', () => {
    fc.assert(
      fc.property(destination, fc.nat(), (destination, cut) => {
        const header = encodeDatagram(destination, new Uint8Array(0))
        expect(() => decodeDatagram(header.subarray(0, cut % header.length))).toThrow(failure('ERR_SOCKS_TRUNCATED'))
      }),
    )
  })

  test.each([1, 0x80, 0xff])('refuses the fragment %d', (fragment) => {
    const bytes = encodeDatagram(local, Uint8Array.of(1))
    bytes[2] = fragment
    expect(() => decodeDatagram(bytes)).toThrow(failure('ERR_SOCKS_FRAGMENT'))
  })

  test('gives the payload as a view', () => {
    const bytes = encodeDatagram(local, Uint8Array.of(1, 2))
    expect(decodeDatagram(bytes).payload.buffer).toBe(bytes.buffer)
  })

  test('throws only SocksErrors', () => {
    const bytes = fc.tuple(fc.constantFrom(0, 0, 0, 1), fc.constantFrom(1, 3, 4, 5), fc.uint8Array({ maxLength: 40 }))
    const thrownBy = (bytes: Uint8Array) => {
      try {
        decodeDatagram(bytes)
      } catch (error) {
        return error
      }
      return undefined
    }
    fc.assert(
      fc.property(bytes, ([fragment, type, rest]) => {
        const error = thrownBy(Uint8Array.of(0, 0, fragment, type, ...rest))
        return error === undefined || error instanceof SocksError
      }),
    )
  })
})
