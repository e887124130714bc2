import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDestination } from '../destination.js'
import { encodeReply, encodeRequest, readReply, readRequest } from './messages.js'

const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error
const port = fc.integer({ min: 0, max: 0xffff })
const host = fc.oneof(
  fc.ipV4().filter((host) => !host.startsWith('0.0.0.')),
  fc.domain(),
)
const userId = fc.uint8Array({ min: 1, maxLength: 255 })
const local = parseDestination('127.0.0.1', 80)

describe('SOCKS4 encodeRequest', () => {
  test('writes what readRequest reads, and no prefix of it is enough', () => {
    fc.assert(
      fc.property(host, port, userId, (host, port, userId) => {
        const destination = parseDestination(host, port)
        const bytes = encodeRequest({ destination, userId })
        for (let cut = 0; cut < bytes.length; cut++) expect(readRequest(bytes.subarray(0, cut))).toBeUndefined()
        const value = { destination, userId }
        expect(readRequest(Uint8Array.of(...bytes, 9))).toEqual({ value, byteLength: bytes.length })
      }),
    )
  })

  test('refuses IPv6', () => {
    const destination = parseDestination('::1', 80)
    expect(() => encodeRequest({ destination, userId: new Uint8Array(0) })).toThrow(failure('ERR_SOCKS_ADDRESS_TYPE'))
  })

  test('refuses an address that would mean "a name follows"', () => {
    const destination = parseDestination('0.0.0.1', 80)
    expect(() => encodeRequest({ destination, userId: new Uint8Array(0) })).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })

  test('refuses a user id of 256 bytes', () => {
    const request = { destination: local, userId: new Uint8Array(256).fill(1) }
    expect(() => encodeRequest(request)).toThrow(failure('ERR_SOCKS_TOO_LARGE'))
  })

  test('refuses a user id with a zero byte', () => {
    const request = { destination: local, userId: Uint8Array.of(1, 0, 1) }
    expect(() => encodeRequest(request)).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })
})

describe('SOCKS4 readRequest', () => {
  const header = [4, 1, 0, 80, 1, 2, 3, 4]
  const header4a = [4, 1, 0, 80, 0, 0, 0, 7]
  const long = Array<number>(256).fill(0x61)

  test('treats 0.0.0.0 as an address, not as the mark of a name', () => {
    expect(readRequest(Uint8Array.of(4, 1, 0, 80, 0, 0, 0, 0, 0))?.value.destination.host).toBe('0.0.0.0')
  })

  test.each([
    ['user id', [...header, ...long]],
    ['host name', [...header4a, 0, ...long]],
  ])('refuses a %s that has not ended after 255 bytes', (_, bytes) => {
    expect(() => readRequest(Uint8Array.from(bytes))).toThrow(failure('ERR_SOCKS_TOO_LARGE'))
  })

  test('refuses an empty name', () => {
    expect(() => readRequest(Uint8Array.of(...header4a, 0, 0))).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })

  test('refuses BIND at its byte', () => {
    expect(() => readRequest(Uint8Array.of(4, 2))).toThrow(failure('ERR_SOCKS_COMMAND'))
  })
})

describe('SOCKS4 encodeReply', () => {
  test('writes what readReply reads', () => {
    fc.assert(
      fc.property(fc.ipV4(), port, (host, port) => {
        const bound = parseDestination(host, port)
        const expected = { value: { code: 'succeeded', byte: 0x5a, bound }, byteLength: 8 }
        expect(readReply(encodeReply('succeeded', bound))).toEqual(expected)
      }),
    )
  })

  test('writes zeros for a bound address that is not IPv4', () => {
    const bytes = encodeReply('succeeded', parseDestination('::1', 80))
    expect([...bytes]).toEqual([0, 0x5a, 0, 0, 0, 0, 0, 0])
  })
})

describe('SOCKS4 readReply', () => {
  test('refuses a version that is not 0', () => {
    expect(() => readReply(Uint8Array.of(4))).toThrow(failure('ERR_SOCKS_VERSION'))
  })
})
