import { parseIpv4, parseIpv6 } from './ip-address.js'

/** Whether a host, an address or a name, is reachable only from this machine. Accepts IPv6 in brackets. */
export function isLoopback(host: string): boolean {
  const ipv4 = parseIpv4(host)
  if (ipv4 !== undefined) return ipv4[0] === loopbackByte
  if (!host.includes(':')) return isLoopbackName(withoutRoot(host.toLowerCase()))
  const ipv6 = parseIpv6(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host)
  return ipv6 !== undefined && isLoopbackIpv6(ipv6)
}

/** Whether a host name, in lower case, stands for loopback: by RFC 6761 §6.3 or the hosts file of common systems. */
export function isLoopbackName(name: string): boolean {
  return isLocalhost(name) || hostsFileNames.has(name)
}

/** Whether a host name, in lower case, means this machine by RFC 6761 §6.3. */
export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

/** `::1`, or an IPv4-mapped or -compatible address (RFC 4291 §2.5.5) of `127.0.0.0/8`. */
function isLoopbackIpv6(bytes: Uint8Array): boolean {
  const zeros = bytes.findIndex((byte) => byte !== 0)
  if (zeros === 15) return bytes[15] === 1
  const isCompatible = zeros === 12
  const isMapped = zeros === 10 && bytes[10] === 0xff && bytes[11] === 0xff
  return (isCompatible || isMapped) && bytes[12] === loopbackByte
}

/** Removes the dot of the root, which may end a whole name. */
function withoutRoot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** First byte of the addresses in `127.0.0.0/8` (RFC 1122 §3.2.1.3). */
const loopbackByte = 127

const hostsFileNames: ReadonlySet<string> = new Set(['localhost.localdomain', 'ip6-localhost', 'ip6-loopback'])
