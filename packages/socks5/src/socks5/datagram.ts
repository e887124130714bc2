import type { Destination } from '../destination.js'
import { SocksError } from '../errors.js'
import { maxDatagramBytes } from '../limits.js'
import { decodeDestination, encodeDestination } from './address.js'

/** A UDP datagram between a client and its proxy. */
export interface Datagram {
  /** The target, on the way to the proxy; the source, on the way back. */
  readonly destination: Destination
  /** A view after decoding; may be empty. */
  readonly payload: Uint8Array
}

/**
 * Reads a datagram as a client or a proxy sends it (RFC 1928 §7):
 *
 *     +-----+------+------+----------+----------+----------+
 *     | RSV | FRAG | ATYP | DST.ADDR | DST.PORT |   DATA   |
 *     +-----+------+------+----------+----------+----------+
 *     |  2  |  1   |  1   | variable |    2     | variable |
 *     +-----+------+------+----------+----------+----------+
 *
 * Fragments are refused, since reassembly is optional and unused in practice. RSV is ignored, as receivers do with
 * reserved bits.
 *
 * @throws {SocksError} `ERR_SOCKS_TRUNCATED`, `ERR_SOCKS_FRAGMENT`, `ERR_SOCKS_ADDRESS_TYPE`, `ERR_SOCKS_BAD_VALUE`:
 * drop the datagram, and keep the association
 */
export function decodeDatagram(bytes: Uint8Array): Datagram {
  const fragment = bytes[2]
  if (fragment !== undefined && fragment !== 0) {
    throw new SocksError('ERR_SOCKS_FRAGMENT', `datagram is fragment ${fragment & 0x7f}; fragments are not supported`)
  }
  const parsed = decodeDestination(bytes, headerBytes)
  if (parsed === undefined) {
    throw new SocksError('ERR_SOCKS_TRUNCATED', `datagram of ${bytes.length} bytes ends inside its header`)
  }
  return { destination: parsed.value, payload: bytes.subarray(headerBytes + parsed.byteLength) }
}

/**
 * Encodes a datagram for {@link decodeDatagram}, in one new array.
 *
 * @throws {SocksError} `ERR_SOCKS_TOO_LARGE` above {@link maxDatagramBytes}, and as `encodeDestination`
 */
export function encodeDatagram(destination: Destination, payload: Uint8Array): Uint8Array {
  const address = encodeDestination(destination)
  const start = headerBytes + address.length
  const byteLength = start + payload.length
  if (byteLength > maxDatagramBytes) {
    throw new SocksError('ERR_SOCKS_TOO_LARGE', `datagram of ${byteLength} bytes; the limit is ${maxDatagramBytes}`)
  }
  const bytes = new Uint8Array(byteLength)
  bytes.set(address, headerBytes)
  bytes.set(payload, start)
  return bytes
}

/** RSV and FRAG. */
const headerBytes = 3
