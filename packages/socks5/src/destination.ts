import { formatHostPort, formatIpv4, formatIpv6, isIpv4Mapped, parseIpv4, parseIpv6 } from '@ls/foundation'
import { quote, SocksError } from './errors.js'
import { maxDomainBytes } from './limits.js'

/** Kind of a host; on the wire ATYP 0x01, 0x04 and 0x03, in this order (RFC 1928 §5). */
export type AddressType = 'ipv4' | 'ipv6' | 'domain'

/**
 * Target of a request, or bound address of a proxy. Values from this package are canonical: `host` is dotted decimal,
 * RFC 5952 text without brackets, or a host name of 1–255 bytes in UTF-8; `port` is 0–65535.
 */
export interface Destination {
  /** An IP address without brackets, or a host name of at most 255 bytes; `type` has the kind. */
  readonly host: string
  /** 0–65535; 0 if there is no port. */
  readonly port: number
  /** Kind of `host`. */
  readonly type: AddressType
}

/** `0.0.0.0:0`: written if there is no address. */
export const unspecifiedDestination: Destination = { host: '0.0.0.0', port: 0, type: 'ipv4' }

/**
 * Parses a host and a port, from a user or from the wire, into a canonical form.
 *
 * An IP literal becomes an address even if it was sent as a name, and an IPv4-mapped IPv6 address becomes the IPv4
 * address it reaches: else `::ffff:127.0.0.1` would pass a rule that forbids `127.0.0.1`. IPv6 may be in brackets.
 * Names that a resolver may read as numbers (`127.1`, `0x7f000001`) stay names: check the resolved address too.
 *
 * @throws {SocksError} `ERR_SOCKS_BAD_VALUE` or `ERR_SOCKS_TOO_LARGE`
 * @throws {TypeError} if `host` is no string or `port` no number
 * @example parseDestination('[2001:DB8::1]', 443) // { host: '2001:db8::1', port: 443, type: 'ipv6' }
 */
export function parseDestination(host: string, port: number): Destination {
  if (typeof host !== 'string') throw new TypeError(`host is a string, not ${typeof host}`)
  if (typeof port !== 'number') throw new TypeError(`port is a number, not ${typeof port}`)
  checkPort(port)
  // An address consists of hexadecimal digits and marks, so most names skip both parsers.
  if (/^[[\]\d.:a-f]+$/i.test(host)) {
    const ipv4 = parseIpv4(host)
    if (ipv4 !== undefined) return { host, port, type: 'ipv4' }
    const ipv6 = parseIpv6(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host)
    if (ipv6 !== undefined) return ipv6Destination(ipv6, 0, port)
  }
  encodeDomain(host)
  return { host, port, type: 'domain' }
}

/** Returns `host:port`, with brackets around IPv6, as in a URL. */
export function formatDestination(destination: Destination): string {
  return formatHostPort(destination.host, destination.port)
}

/** Returns `port` if it fits into its two bytes on the wire. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 0xffff) return port
  throw new SocksError('ERR_SOCKS_BAD_VALUE', `port ${port} is not a whole number from 0 to 65535`)
}

/** Reads a destination from the 16 bytes at `offset`; IPv4-mapped addresses become IPv4. */
export function ipv6Destination(bytes: Uint8Array, offset: number, port: number): Destination {
  if (isIpv4Mapped(bytes, offset)) return { host: formatIpv4(bytes, offset + 12), port, type: 'ipv4' }
  return { host: formatIpv6(bytes, offset), port, type: 'ipv6' }
}

/** Reads a destination from a name on the wire. */
export function domainDestination(bytes: Uint8Array, port: number): Destination {
  let host: string
  try {
    host = strictUtf8.decode(bytes)
  } catch (cause) {
    throw new SocksError('ERR_SOCKS_BAD_VALUE', `host name of ${bytes.length} bytes is not UTF-8`, { cause })
  }
  return parseDestination(host, port)
}

/**
 * Encodes a host name for the wire.
 *
 * Refuses characters that resolvers reject, or that would break out of `host:port`, a URL or a log line: controls,
 * white space and the WHATWG "forbidden domain code points".
 */
export function encodeDomain(host: string): Uint8Array {
  if (host === '') throw new SocksError('ERR_SOCKS_BAD_VALUE', 'host name is empty')
  // A UTF-16 unit takes at least one byte, so a text over the limit is refused without encoding it.
  const bytes = host.length > maxDomainBytes ? undefined : utf8.encode(host)
  if (bytes === undefined || bytes.length > maxDomainBytes) {
    const size = bytes === undefined ? `over ${maxDomainBytes}` : bytes.length
    throw new SocksError('ERR_SOCKS_TOO_LARGE', `host name of ${size} bytes; the limit is ${maxDomainBytes}`)
  }
  if (forbiddenInDomain.test(host)) {
    throw new SocksError('ERR_SOCKS_BAD_VALUE', `host name ${quote(host)} has a character that no host name has`)
  }
  return bytes
}

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/**
 * Control characters, surrogates, separators, and what has a meaning in a URL. Listed, since V8 would read Unicode's
 * tables for `\p{Cc}\p{Cs}\p{Z}` when it parses the module, and keep them.
 */
const forbiddenInDomain =
  /[\0-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff#%/:<>?@[\\\]^|]/u
