import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Destination, parseDestination } from '../destination.js'
import { decodeDestination, encodeDestination } from './address.js'

const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.domain(),
  fc.string({ unit: fc.constantFrom('a', 'é', '漢'), minLength: 1, maxLength: 85 }),
)
const destination = fc
  .tuple(host, fc.integer({ min: 0, max: 0xffff }))
  .map(([host, port]) => parseDestination(host, port))

describe('encodeDestination', () => {
  test('writes what decodeDestination reads', () => {
    fc.assert(
      fc.property(destination, (destination) => {
        const bytes = encodeDestination(destination)
        expect(decodeDestination(bytes)).toEqual({ value: destination, byteLength: bytes.length })
      }),
    )
  })

  test.each<[Destination, number[]]>([
    [{ host: '1.2.3.4', port: 0x0102, type: 'ipv4' }, [1, 1, 2, 3, 4, 1, 2]],
    [{ host: 'ab', port: 80, type: 'domain' }, [3, 2, 0x61, 0x62, 0, 80]],
    [{ host: '::1', port: 80, type: 'ipv6' }, [4, ...Array<number>(15).fill(0), 1, 0, 80]],
  ])('writes %j', (destination, bytes) => {
    expect([...encodeDestination(destination)]).toEqual(bytes)
  })

  test.each<Destination>([
    { host: 'example.com', port: 80, type: 'ipv4' },
    { host: '1.2.3.4', port: 80, type: 'ipv6' },
    { host: '1.2.3.4', port: 65_536, type: 'ipv4' },
    { host: '', port: 80, type: 'domain' },
  ])('refuses %j', (destination) => {
    expect(() => encodeDestination(destination)).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })
})

describe('decodeDestination', () => {
  test('waits for the rest of every prefix', () => {
    fc.assert(
      fc.property(destination, fc.nat(), (destination, cut) => {
        const bytes = encodeDestination(destination)
        expect(decodeDestination(bytes.subarray(0, cut % bytes.length))).toBeUndefined()
      }),
    )
  })

  test('reads an IPv4-mapped address as IPv4', () => {
    const bytes = encodeDestination({ host: '::ffff:10.0.0.1', port: 1, type: 'ipv6' })
    expect(decodeDestination(bytes)?.value).toEqual({ host: '10.0.0.1', port: 1, type: 'ipv4' })
  })

  test('reads an address that came as a name as the address', () => {
    const bytes = encodeDestination({ host: '10.0.0.1', port: 1, type: 'domain' })
    expect(decodeDestination(bytes)?.value.type).toBe('ipv4')
  })

  test.each([0, 2, 5, 255])('refuses the address type %d', (type) => {
    expect(() => decodeDestination(Uint8Array.of(type))).toThrow(failure('ERR_SOCKS_ADDRESS_TYPE'))
  })

  test.each([
    ['is empty', [3, 0, 0, 80]],
    ['is not UTF-8', [3, 1, 0xff, 0, 80]],
    ['has a zero byte', [3, 1, 0, 0, 80]],
  ])('refuses a name that %s', (_, bytes) => {
    expect(() => decodeDestination(Uint8Array.from(bytes))).toThrow(failure('ERR_SOCKS_BAD_VALUE'))
  })
})
