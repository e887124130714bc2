import { BlockList, isIP } from 'node:net'
import type { Address } from '@ls/codec'

/** Which targets a rule is about. */
export interface TargetPattern {
  /** A network matches addresses only, a name the text of the name only: nothing is resolved here. */
  matches(target: Address): boolean
}

/**
 * Reads `HOST`, `HOST:PORTS` or `:PORTS`. HOST is an address, a network in CIDR form, a name, `*.suffix` or `*`; IPv6
 * stands in brackets. PORTS is `443`, `8000-9000` or `*`.
 *
 * @param rule What to call the rule in an error, such as `access rule "10.0.0.0/33:1"`.
 * @returns undefined for any other form
 * @throws RangeError for a port or a prefix length out of range
 */
export function parseTargetPattern(text: string, rule: string): TargetPattern | undefined {
  const match = /^(\[[^\]]+\](?:\/\d+)?|[^:[\]]+)?(?::(\*|\d+(?:-\d+)?))?$/.exec(text.trim())
  if (match === null || match[0] === '') return undefined
  const matchesHost = parseHost(match[1] ?? '*', rule)
  const [low, high] = parsePorts(match[2] ?? '*', rule)
  return { matches: ({ host, port }) => port >= low && port <= high && matchesHost(host) }
}

function parsePorts(ports: string, rule: string): readonly [number, number] {
  if (ports === '*') return [0, 65_535]
  const [low = 0, high = low] = ports.split('-').map(Number)
  if (low > high || high > 65_535) throw new RangeError(`${rule} has ports ${ports}; they rise, and end at 65535`)
  return [low, high]
}

type HostTest = (host: string) => boolean

function parseHost(host: string, rule: string): HostTest {
  if (host === '*') return () => true
  if (host.startsWith('*.')) {
    const suffix = plainName(host.slice(1))
    return (name) => plainName(name).endsWith(suffix)
  }
  const [literal = '', prefix] = host.replaceAll(/[[\]]/g, '').split('/')
  const family = isIP(literal)
  if (family !== 0) return networkTest(literal, prefix, rule)
  if (prefix !== undefined) throw new RangeError(`${rule} has a prefix length on a name`)
  const wanted = plainName(literal)
  return (name) => plainName(name) === wanted
}

/** BlockList compares by value, and finds IPv4-mapped IPv6 addresses in IPv4 networks too. */
function networkTest(address: string, prefix: string | undefined, rule: string): HostTest {
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  const length = prefix === undefined ? bits : Number(prefix)
  if (!/^\d*$/.test(prefix ?? '') || prefix === '' || length > bits) {
    throw new RangeError(`${rule} has a prefix length of ${prefix}; it must be from 0 to ${bits}`)
  }
  const list = new BlockList()
  list.addSubnet(address, length, familyOf(version))
  return (host) => {
    const hostVersion = isIP(host)
    return hostVersion !== 0 && list.check(host, familyOf(hostVersion))
  }
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6'
}

/** Names are alike whatever their case, and with or without the dot of the root. */
function plainName(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}
