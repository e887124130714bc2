import { isIP } from 'node:net'
import { mayDial } from '../tcp/dialable.js'

/** What decides about the addresses of a peer. */
export interface CandidateFilter {
  /** Addresses of this machine. */
  readonly own: readonly string[]
  /** Whether one more address may be tried now; counts it. */
  take(): boolean
}

/**
 * Most addresses of a peer that are tried: each network interface of it has some. A peer must not make us search a
 * network.
 */
export const maxCandidates = 32

/**
 * Removes the addresses of a peer that must not be tried from its description (SDP): names, which would be questions to
 * the DNS server of this machine, and addresses as for TCP. Each line with the word that the filter does not understand
 * is removed as well, since the library may.
 */
export function withDialable(sdp: string, { own, take }: CandidateFilter): string {
  let left = maxCandidates
  const isKept = (line: string): boolean => {
    if (!/candidate/i.test(line) || /^a=end-of-candidates\r?$/.test(line)) return true
    const { 1: address = '', 2: digits = '' } = candidate.exec(line) ?? []
    const port = Number(digits)
    if (isIP(address) === 0 || address.includes('%') || port < 1 || port > 65_535 || !mayDial(address, own))
      return false
    return left-- > 0 && take()
  }
  return sdp.split('\n').filter(isKept).join('\n')
}

/** Foundation, component 1, protocol, priority, address and port (RFC 8839 §5.1). */
const candidate = /^a=candidate:\S+ 1 UDP \d+ (\S+) (\d{1,5}) typ (?:host|srflx|prflx|relay)(?: .*)?\r?$/i
