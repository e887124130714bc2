import { checkInteger, formatHostPort, maxPort, parseIpv4, parseIpv6, type Target } from '@ls/foundation'
import { maxHostBytes } from '../limits.js'

/**
 * Reads `host:port` (RFC 3986 §3.2 without user information). Names may contain only the characters that name servers
 * resolve: letters, digits, dot, hyphen and underscore; an IPv6 literal stands in brackets and has no zone.
 *
 * @param defaultPort Used where the port is missing or empty; without it, such text is refused.
 * @returns undefined for anything else.
 */
export function parseAuthority(text: string, defaultPort?: number): Target | undefined {
  const groups = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*))(?::(?<port>\d{0,5}))?$/.exec(text)?.groups
  if (groups === undefined) return undefined
  const host = groups['v6'] ?? groups['name'] ?? ''
  const port = groups['port'] ? Number(groups['port']) : defaultPort
  if (port === undefined || !isPort(port)) return undefined
  const valid = groups['v6'] === undefined ? isHostName(host) : parseIpv6(host) !== undefined
  return valid ? { host, port } : undefined
}

/** `host:port`, with brackets around an IPv6 literal. */
export function formatAuthority({ host, port }: Target): string {
  return formatHostPort(host, port)
}

/** Checks a caller's target: a wrong host is a TypeError, a port out of range a RangeError. */
export function checkTarget(target: Target, field: string): Target {
  const { host } = target
  const port = checkInteger(`${field}.port`, target.port, 1, maxPort)
  if (typeof host === 'string' && (parseIpv6(host) !== undefined || isHostName(host))) return { host, port }
  const shown = JSON.stringify(host)?.slice(0, maxShownLength)
  throw new TypeError(
    `${field}.host is ${shown}; it must be an IP address or a host name of 1 to ${maxHostBytes} bytes`,
  )
}

/** Most characters of a wrong host in an error. */
const maxShownLength = 80

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= maxPort
}

/**
 * Some resolvers read a name whose last label is a number, decimal or hexadecimal, as an address: only plain IPv4 is
 * accepted.
 */
function isHostName(host: string): boolean {
  if (host.length > maxHostBytes || !/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?$/i.test(host)) return false
  return !/(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(host) || parseIpv4(host) !== undefined
}
