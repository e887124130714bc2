import { formatIpv4, parseIpv4, parseIpv6 } from '@ls/foundation'
import { readUint16, writeUint16 } from '../bytes.js'
import { checkPort, type Destination, domainDestination, encodeDomain, ipv6Destination } from '../destination.js'
import { hex, quote, SocksError } from '../errors.js'
import type { Parsed } from '../handshake-reader.js'

const atypIpv4 = 0x01
const atypDomain = 0x03
const atypIpv6 = 0x04

/**
 * Encodes a destination in the form that SOCKS5 uses in requests, replies and datagrams (RFC 1928 §5):
 *
 *     +------+----------+----------+
 *     | ATYP | DST.ADDR | DST.PORT |
 *     +------+----------+----------+
 *     |  1   | variable |    2     |
 *     +------+----------+----------+
 *
 * @throws {SocksError} `ERR_SOCKS_BAD_VALUE` or `ERR_SOCKS_TOO_LARGE` if `host` is not of `type`
 */
export function encodeDestination(destination: Destination): Uint8Array {
  const address = encodeHost(destination)
  const isDomain = destination.type === 'domain'
  const start = isDomain ? 2 : 1
  const bytes = new Uint8Array(start + address.length + 2)
  bytes[0] = isDomain ? atypDomain : address.length === 4 ? atypIpv4 : atypIpv6
  if (isDomain) bytes[1] = address.length
  bytes.set(address, start)
  writeUint16(bytes, checkPort(destination.port), start + address.length)
  return bytes
}

/**
 * Reads what {@link encodeDestination} writes, from `offset` on; undefined while it is incomplete.
 *
 * @throws {SocksError} `ERR_SOCKS_ADDRESS_TYPE`, or `ERR_SOCKS_BAD_VALUE` for an invalid host name
 */
export function decodeDestination(bytes: Uint8Array, offset = 0): Parsed<Destination> | undefined {
  const byteLength = destinationByteLength(bytes, offset)
  if (byteLength === undefined || offset + byteLength > bytes.length) return undefined
  const portOffset = offset + byteLength - 2
  const port = readUint16(bytes, portOffset)
  switch (bytes[offset]) {
    case atypIpv4:
      return { value: { host: formatIpv4(bytes, offset + 1), port, type: 'ipv4' }, byteLength }
    case atypIpv6:
      return { value: ipv6Destination(bytes, offset + 1, port), byteLength }
    default:
      return { value: domainDestination(bytes.subarray(offset + 2, portOffset), port), byteLength }
  }
}

/** Bytes of the destination at `offset`, read from its first two; undefined while they are missing. */
export function destinationByteLength(bytes: Uint8Array, offset: number): number | undefined {
  const type = bytes[offset]
  switch (type) {
    case undefined:
      return undefined
    case atypIpv4:
      return 1 + 4 + 2
    case atypIpv6:
      return 1 + 16 + 2
    case atypDomain: {
      const length = bytes[offset + 1]
      return length === undefined ? undefined : 2 + length + 2
    }
    default:
      throw new SocksError('ERR_SOCKS_ADDRESS_TYPE', `address type ${hex(type)} is none of 0x01, 0x03, 0x04`, {
        reply: 'address-unsupported',
      })
  }
}

function encodeHost({ host, type }: Destination): Uint8Array {
  if (type === 'domain') return encodeDomain(host)
  const bytes = type === 'ipv4' ? parseIpv4(host) : parseIpv6(host)
  if (bytes === undefined) throw new SocksError('ERR_SOCKS_BAD_VALUE', `host ${quote(host)} is not ${type}`)
  return bytes
}
