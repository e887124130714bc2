import { DirectError } from '../errors.js'

/** Whether the peer receives the addresses of this machine's own network interfaces. */
export type HostCandidates = 'auto' | 'always' | 'never'

/**
 * Fingerprint of the sender's certificate, by which DTLS authenticates the peer (RFC 8122 §5).
 *
 * @throws DirectError unless there is exactly one: with two, the ends might use different ones
 */
export function fingerprintOf(sdp: string): string {
  const found = [...sdp.matchAll(/^a=fingerprint:(sha-256 [0-9A-F:]{95})\r?$/gim)]
  const all = sdp.match(/a=fingerprint/gi)?.length
  const fingerprint = found[0]?.[1]
  if (fingerprint === undefined || all !== 1)
    throw new DirectError('ERR_DIRECT_PROTOCOL', 'a description of a path must have exactly one SHA-256 fingerprint')
  return fingerprint.toLowerCase()
}

/** Removes the addresses of network interfaces from a description, if they must stay private. */
export function withCandidates(sdp: string, hosts: HostCandidates): string {
  if (hosts !== 'never') return sdp
  return sdp.replaceAll(/^a=candidate:.* typ host.*\r?\n/gm, '').replaceAll(/^c=IN .*$/gm, 'c=IN IP4 0.0.0.0')
}

/** A description without its addresses, and these. */
export interface SplitDescription {
  readonly sdp: string
  /** `candidate:…`, as the library takes them. */
  readonly candidates: readonly string[]
  /** Name of the part that they belong to. */
  readonly mid: string
}

/** Takes the addresses out of a description, so that they can be given to the library later. */
export function splitCandidates(sdp: string): SplitDescription {
  const candidates = [...sdp.matchAll(/^a=(candidate:.*?)\r?$/gm)].map(([, candidate = '']) => candidate)
  const mid = /^a=mid:(.*?)\r?$/m.exec(sdp)?.[1] ?? '0'
  return { sdp: sdp.replaceAll(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, ''), candidates, mid }
}

/** Addresses of the sender that others see, behind a NAT. */
export function reflexiveAddresses(sdp: string): string[] {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 UDP \d+ (\S+) \d+ typ srflx/gim)].map(([, address = '']) => address)
}

/** Number of addresses in a description; 0 means that the sender cannot be reached. */
export function candidateCount(sdp: string): number {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0
}

/**
 * Adds the place at which a router passes packets on to us, as a server-reflexive address (RFC 8839 §5.1), without the
 * address that it leads to.
 */
export function withMapped(
  sdp: string,
  { address, port }: { readonly address: string; readonly port: number },
): string {
  const place = `${address} ${port}`
  if (sdp.includes(` ${place} typ `)) return sdp
  const line = `a=candidate:${mappedFoundation} 1 UDP ${mappedPriority} ${place} typ srflx raddr 0.0.0.0 rport 0\r\n`
  const end = sdp.indexOf('a=end-of-candidates')
  return end === -1 ? sdp + line : sdp.slice(0, end) + line + sdp.slice(end)
}

/** Name of the group of a mapped address; the library numbers its own from 1, of which there are few. */
const mappedFoundation = 99
/** Priority of a server-reflexive address (RFC 8445 §5.1.2.1): type 100, then 65535 and component 1. */
const mappedPriority = 100 * 2 ** 24 + 65_535 * 2 ** 8 + 255
