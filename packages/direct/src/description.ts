import { DirectError } from './errors.js'

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

/** Number of addresses in a description; 0 means that the sender cannot be reached. */
export function candidateCount(sdp: string): number {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0
}
