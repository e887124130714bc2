import { isIP } from 'node:net'
import type { Address } from '@ls/codec'
import { encodeDestination } from '@ls/socks5'

/** Versions of the PROXY protocol: a line of text, or bytes. */
const proxyHeaderVersions = ['v1', 'v2'] as const

/** Version of the PROXY protocol. */
export type ProxyHeaderVersion = (typeof proxyHeaderVersions)[number]

/** Whether a text is a version. */
export function isProxyHeaderVersion(text: string): text is ProxyHeaderVersion {
  return (proxyHeaderVersions as readonly string[]).includes(text)
}

/** Checks a version. @throws RangeError for an unknown one */
export function checkProxyHeaderVersion(version: ProxyHeaderVersion | undefined): void {
  if (version === undefined || isProxyHeaderVersion(version)) return
  throw new RangeError(`sendProxy is "${String(version)}"; it must be one of ${proxyHeaderVersions.join(', ')}`)
}

/** PROXY protocol §2.2: twelve bytes that no other protocol begins with. */
const v2Signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/**
 * Builds the header that reports the client's address to a target. If either end has no known address the header says
 * so, and the target uses the connection's own. With two families, IPv4 is written as IPv6 (RFC 4291 §2.5.5.2).
 *
 * @example
 * encodeProxyHeader('v1', { host: '192.0.2.1', port: 0 }, { host: '192.0.2.9', port: 443 })
 * // PROXY TCP4 192.0.2.1 192.0.2.9 0 443\r\n
 */
export function encodeProxyHeader(
  version: ProxyHeaderVersion,
  source: Address | undefined,
  destination: Address | undefined,
): Buffer {
  const pair = pairOf(source, destination)
  return version === 'v1' ? encodeV1(pair) : encodeV2(pair)
}

interface Pair {
  readonly family: 'ipv4' | 'ipv6'
  readonly source: Address
  readonly destination: Address
}

function pairOf(source: Address | undefined, destination: Address | undefined): Pair | undefined {
  const families = new Set([source, destination].map((end) => isIP(end?.host ?? '')))
  if (source === undefined || destination === undefined || families.has(0)) return undefined
  if (!families.has(6)) return { family: 'ipv4', source, destination }
  return { family: 'ipv6', source: asIpv6(source), destination: asIpv6(destination) }
}

/** Address as IPv6, without its zone (`%eth0`), which is only valid on this machine. */
function asIpv6({ host, port }: Address): Address {
  return { host: isIP(host) === 4 ? `::ffff:${host}` : (host.split('%', 1)[0] ?? host), port }
}

/** Encodes version 1 (§2.1): `PROXY TCP4 SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT CR LF`. */
function encodeV1(pair: Pair | undefined): Buffer {
  if (pair === undefined) return Buffer.from('PROXY UNKNOWN\r\n')
  const { family, source, destination } = pair
  const name = family === 'ipv4' ? 'TCP4' : 'TCP6'
  return Buffer.from(`PROXY ${name} ${source.host} ${destination.host} ${source.port} ${destination.port}\r\n`)
}

/**
 * §2.2:
 *
 *     +-----------+-----------+--------+----------+--------------+---------+----------+
 *     | signature | ver., cmd | family | length   | src, dst     | src port| dst port |
 *     +-----------+-----------+--------+----------+--------------+---------+----------+
 *     |    12     |     1     |   1    |    2     | 4 or 16 each |    2    |    2     |
 *     +-----------+-----------+--------+----------+--------------+---------+----------+
 */
function encodeV2(pair: Pair | undefined): Buffer {
  // The command LOCAL: the receiver uses the connection's own addresses. haproxy rejects PROXY with an unspecified
  // family.
  if (pair === undefined) return Buffer.concat([v2Signature, Buffer.of(0x20, 0x00, 0, 0)])
  const [source, destination] = [pair.source, pair.destination].map((end) =>
    encodeDestination({ ...end, type: pair.family }),
  ) as [Uint8Array, Uint8Array]
  // SOCKS encodes the same address and port, after a type byte.
  const addresses = [source, destination].map((bytes) => bytes.subarray(1, -2))
  const ports = [source, destination].map((bytes) => bytes.subarray(-2))
  const block = Buffer.concat([...addresses, ...ports])
  // The command PROXY, and a stream over IPv4 or IPv6.
  const family = pair.family === 'ipv4' ? 0x11 : 0x21
  return Buffer.concat([v2Signature, Buffer.of(0x21, family, 0, block.length), block])
}
