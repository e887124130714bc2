import { isIP } from 'node:net'
import { effectiveAddresses } from '../address/effective-addresses.js'
import { parseHostName } from '../address/host-name.js'
import type { IpAddress } from '../address/ip-address.js'
import { isInNetwork, parseIpNetwork } from '../address/ip-network.js'
import { type IpRange, isEmptyRange, isInRange, parseIpRange } from '../address/ip-range.js'
import { endsInNumber, parseNumberAddress } from '../address/number-address.js'
import type { CheckedTarget } from '../target.js'

/** Targets of a rule. A network matches addresses only, a name only the text of a name. */
export interface TargetPattern {
  /** Whether a target matches, for rules that allow. */
  matches(target: CheckedTarget): boolean
  /**
   * Whether a target matches, for rules that forbid: also true for an address that leads to a matching one, see {@link
   * effectiveAddresses}.
   */
  touches(target: CheckedTarget): boolean
  /** Whether it contains no name, so that it can judge a name only by its addresses. */
  readonly isAboutAddresses: boolean
}

/**
 * Parses `HOST`, `HOST:PORTS` or `:PORTS`. HOST is an address, a network in CIDR form, a range of addresses such as
 * `10.0.0.1-99`, a name, `*.suffix` or `*`; IPv6 is in brackets. PORTS is `443`, `8000-9000` or `*`.
 *
 * @param rule Name of the rule for errors, such as `access rule "10.0.0.0/33:1"`.
 * @returns undefined for any other form
 * @throws RangeError for a port or a prefix length out of range, and for an invalid host name
 */
export function parseTargetPattern(text: string, rule: string): TargetPattern | undefined {
  const match = /^(\[[^\]]+\](?:\/\d+)?|[^:[\]]+)?(?::(\*|\d+(?:-\d+)?))?$/.exec(text.trim())
  if (match === null || match[0] === '') return undefined
  const host = parseHost(match[1] ?? '*', rule)
  const [low, high] = parsePorts(match[2] ?? '*', rule)
  const hasPort = ({ port }: CheckedTarget): boolean => port >= low && port <= high
  return {
    matches: (target) => hasPort(target) && host.matches(target),
    touches: (target) => hasPort(target) && host.touches(target),
    isAboutAddresses: host.isAboutAddresses,
  }
}

function parsePorts(ports: string, rule: string): readonly [number, number] {
  if (ports === '*') return [0, 65_535]
  const [low = 0, high = low] = ports.split('-').map(Number)
  if (low > high || high > 65_535)
    throw new RangeError(`${rule} has ports ${ports}; write the lower one first, 65535 at most`)
  return [low, high]
}

function parseHost(host: string, rule: string): TargetPattern {
  if (host === '*') return { matches: () => true, touches: () => true, isAboutAddresses: false }
  if (host.startsWith('*.')) {
    const suffix = `.${parseName(host.slice(2), rule)}`
    return nameTest((name) => name.endsWith(suffix))
  }
  const [literal = '', prefix] = host.replaceAll(/[[\]]/g, '').split('/')
  if (isIP(literal) !== 0) return networkTest(literal, prefix, rule)
  const range = parseIpRange(host.replaceAll(/[[\]]/g, ''))
  if (range !== undefined) return rangeTest(range, rule)
  if (prefix !== undefined) throw new RangeError(`${rule} has a prefix length on a name`)
  const wanted = parseName(literal, rule)
  if (!endsInNumber(wanted)) return nameTest((name) => name === wanted)
  // A target of this form is parsed as that address, so a rule must be as well.
  const address = parseNumberAddress(wanted)
  if (address !== undefined) return networkTest(address.text, undefined, rule)
  throw new RangeError(`${rule} ends in a number, but is no IPv4 address`)
}

function parseName(text: string, rule: string): string {
  const read = parseHostName(text)
  if ('name' in read) return read.name
  throw new RangeError(`${rule} ${read.fault}`)
}

function nameTest(test: (name: string) => boolean): TargetPattern {
  const matches = ({ host, address }: CheckedTarget): boolean => address === undefined && test(host)
  return { matches, touches: matches, isAboutAddresses: false }
}

function rangeTest(range: IpRange, rule: string): TargetPattern {
  if (isEmptyRange(range)) throw new RangeError(`${rule} has a range of addresses that ends before it begins`)
  return addressTest((address) => isInRange(address, range))
}

function networkTest(literal: string, prefix: string | undefined, rule: string): TargetPattern {
  if (literal.includes('%')) throw new RangeError(`${rule} has a zone; it is about an address in every zone`)
  const bits = isIP(literal) === 4 ? 32 : 128
  const network = parseIpNetwork(prefix === undefined ? literal : `${literal}/${prefix}`)
  if (network === undefined) {
    throw new RangeError(`${rule} has a prefix length of ${prefix}; it must be from 0 to ${bits}`)
  }
  return addressTest((address) => isInNetwork(address, network))
}

function addressTest(test: (address: IpAddress) => boolean): TargetPattern {
  return {
    matches: ({ address }) => address !== undefined && test(address),
    touches: ({ address }) => address !== undefined && effectiveAddresses(address).some(test),
    isAboutAddresses: true,
  }
}
