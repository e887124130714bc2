import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { TrustedProxies } from './trusted-proxies.js'

/** Headers in which reverse proxies report their clients' addresses. */
export const clientAddressHeaders = ['x-forwarded-for', 'forwarded', 'cf-connecting-ip'] as const

/** X-Forwarded-For, Forwarded (RFC 7239) or CF-Connecting-IP, in lower case. */
export type ClientAddressHeader = (typeof clientAddressHeaders)[number]

/** Address of a client, as far as it can be trusted. */
export interface ClientAddress {
  /** The address; undefined for a UNIX socket, and for a connection that is closed already. */
  readonly address: string | undefined
  /** The port; also undefined if a proxy does not report it. */
  readonly port: number | undefined
}

/**
 * Finds the client behind the proxies in front of this server. Each proxy appends the address it received from, so the
 * list is read from the end: an address counts only if its author is trusted. Other entries may come from any client
 * and are ignored.
 *
 * Only one header is read, since a proxy that sets it passes the others on unchanged from the client.
 */
export function clientAddress(
  peer: ClientAddress,
  headers: IncomingHttpHeaders,
  header: ClientAddressHeader,
  trusted: TrustedProxies,
): ClientAddress {
  if (trusted.isEmpty || !trusted.has(peer.address)) return peer
  const field = headers[header]
  if (field === undefined) return peer
  let client = peer
  for (const node of nodesOf(header, String(field)).toReversed()) {
    const next = trusted.has(client.address) ? parseNode(node) : undefined
    if (next === undefined) break
    client = next
  }
  return client
}

/**
 * Returns the addresses in a field, in its order; none if it is malformed, since the author of each part is then
 * unknown.
 */
function nodesOf(header: ClientAddressHeader, field: string): readonly string[] {
  if (header === 'forwarded') return forwardedNodes(field)
  // Two fields of CF-Connecting-IP, joined by Node, are no address: Cloudflare sends one.
  return header === 'cf-connecting-ip' ? [field.trim()] : field.split(',').map((node) => node.trim())
}

/**
 * Splits by RFC 7239 §4: elements separated by commas, each of pairs separated by semicolons, values as tokens or
 * quoted strings.
 */
function forwardedNodes(field: string): readonly string[] {
  const nodes: string[] = []
  let node = ''
  forwardedPart.lastIndex = 0
  while (forwardedPart.lastIndex < field.length) {
    const part = forwardedPart.exec(field)
    if (part === null) return []
    const [, name = '', token, quoted = '', end] = part
    if (name.toLowerCase() === 'for') node = token ?? quoted.replaceAll(/\\(.)/g, '$1')
    if (end === ';') continue
    nodes.push(node)
    node = ''
  }
  return nodes
}

/** Pattern of one pair, or none, and its separator. Ports and IPv6 should be quoted, but not all proxies do so. */
const forwardedPart = /(?:[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~:[\]-]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*(;|,|$)/y

/**
 * Parses an address with or without a port; undefined for `unknown`, for invented names (RFC 7239 §6.3), and for any
 * other text.
 */
function parseNode(text: string): ClientAddress | undefined {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = isIP(text) === 6 ? text : (bracketed ?? plain)
  if (isIP(address) === 0 || address.includes('%')) return undefined
  const port = digits === undefined || isIP(text) === 6 ? undefined : Number(digits)
  return { address, port: port === undefined || port > 0xffff ? undefined : port }
}
