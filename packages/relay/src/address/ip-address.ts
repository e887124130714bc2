import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '@ls/foundation'

/** An IP address with canonical text: two addresses are the same host exactly when their texts are equal. */
export interface IpAddress {
  /** Version of IP. */
  readonly family: 4 | 6
  /** Dotted decimal, or RFC 5952 text without brackets; a link-local IPv6 address keeps its zone, `fe80::1%eth0`. */
  readonly text: string
  /** The 4 or 16 bytes of the address. */
  readonly bytes: Uint8Array
}

/**
 * Parses dotted decimal or IPv6, in brackets or not. IPv4-mapped and IPv4-compatible IPv6 addresses (RFC 4291 §2.5.5)
 * become the IPv4 address they stand for, so that a rule for `127.0.0.1` matches `::ffff:127.0.0.1`. A zone is accepted
 * only where an address needs one (RFC 4007 §6): resolvers cut it off anywhere else, and rules would see a name.
 *
 * @returns undefined for any other text
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined) return { family: 4, text, bytes: ipv4 }
  // Names need no further checks.
  if (!text.includes(':')) return undefined
  const [literal = '', zone, more] = (text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text).split('%')
  const bytes = parseIpv6(literal)
  if (bytes === undefined || more !== undefined) return undefined
  if (zone === undefined) return fromIpv6(bytes)
  if (!needsZone(bytes) || !zonePattern.test(zone)) return undefined
  return { family: 6, text: `${formatIpv6(bytes)}%${zone}`, bytes }
}

/** Address of these 4 bytes. */
export function fromIpv4(bytes: Uint8Array): IpAddress {
  return { family: 4, text: formatIpv4(bytes), bytes }
}

/** Address of these 16 bytes; IPv4 where they are IPv4-mapped or -compatible. */
export function fromIpv6(bytes: Uint8Array): IpAddress {
  return holdsIpv4(bytes) ? fromIpv4(bytes.subarray(12)) : { family: 6, text: formatIpv6(bytes), bytes }
}

/**
 * Converts the address of a client to its usual form. A socket that listens on `::` shows IPv4 clients as
 * `::ffff:1.2.3.4` (RFC 4291 §2.5.5.2), which would also give one client two entries in tables per address.
 */
export function plainAddress(address: string | undefined): string {
  if (address === undefined || address === '') return unknownAddress
  const mapped = mappedPattern.exec(address)
  return mapped?.[1] ?? address
}

/**
 * Whether an IPv6 address contains an IPv4 one: `::ffff:0:0/96`, and `::/96` except the unspecified and the loopback
 * address.
 */
function holdsIpv4(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false
  if (bytes[10] === 0xff && bytes[11] === 0xff) return true
  const isHigh = bytes[12] !== 0 || bytes[13] !== 0 || bytes[14] !== 0
  return bytes[10] === 0 && bytes[11] === 0 && (isHigh || bytes[15]! > 1)
}

/**
 * Whether an address needs a zone: link-local unicast, `fe80::/10`, and multicast of interface or link scope, `ff01::`
 * and `ff02::`.
 */
function needsZone([first, second]: Uint8Array): boolean {
  if (first === 0xfe) return (second! & 0xc0) === 0x80
  return first === 0xff && ((second! & 0x0f) === 1 || (second! & 0x0f) === 2)
}

/** An interface's name or number; Linux has 15 bytes for it, Windows and BSD write numbers. */
const zonePattern = /^[\w.~-]{1,15}$/

/** Text for the address of a connection that is already closed. */
const unknownAddress = 'unknown'

const mappedPattern = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
