import { BlockList, isIP } from 'node:net'
import type { Address } from '@ls/codec'

/** Decides whether a target may be reached. Names are checked before and addresses after resolving. */
export interface AccessRules {
  /** True when a target given as `address`, or resolved to `address`, is allowed. */
  allows(address: Address): boolean
}

/**
 * Reads rules like `192.168.1.0/24:22`, `10.0.0.5:8000-9000`, `*.internal:443`, `[2001:db8::]/32:*`; a target must
 * match one. No rules allow everything.
 *
 * @throws RangeError naming the rule and what is wrong with it
 */
export function parseAccessRules(rules: readonly string[]): AccessRules {
  const parsed = rules.map(parseRule)
  if (parsed.length === 0) return { allows: () => true }
  return { allows: (address) => parsed.some((rule) => rule.matches(address)) }
}

interface Rule {
  matches(address: Address): boolean
}

function parseRule(text: string): Rule {
  const match = /^(\[[^\]]+\](?:\/\d+)?|[^:[\]]+):(\*|\d+(?:-\d+)?)$/.exec(text.trim())
  if (match === null) throw new RangeError(`access rule "${text}" is not ADDR:PORT, ADDR:LOW-HIGH or ADDR:*`)
  const matchesHost = parseHost(match[1] as string, text)
  const [low, high] = parsePorts(match[2] as string, text)
  return { matches: ({ host, port }) => port >= low && port <= high && matchesHost(host) }
}

function parsePorts(ports: string, text: string): readonly [number, number] {
  if (ports === '*') return [0, 65_535]
  const [low = 0, high = low] = ports.split('-').map(Number)
  if (low > high || high > 65_535) throw new RangeError(`access rule "${text}" has ports ${ports}; they end at 65535`)
  return [low, high]
}

function parseHost(host: string, text: string): (host: string) => boolean {
  if (host === '*') return () => true
  if (host.startsWith('*.')) return (name) => name.toLowerCase().endsWith(host.slice(1).toLowerCase())
  const [literal = '', prefix] = host.replace(/[[\]]/g, '').split('/')
  const family = isIP(literal)
  if (family === 0 && prefix === undefined) return (name) => name.toLowerCase() === literal.toLowerCase()
  if (family === 0) throw new RangeError(`access rule "${text}" has a prefix length on a name`)
  const list = new BlockList()
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix)
  if (bits > (family === 4 ? 32 : 128)) throw new RangeError(`access rule "${text}" has a prefix length of ${bits}`)
  list.addSubnet(literal, bits, type)
  return (name) => isIP(name) !== 0 && list.check(name, isIP(name) === 4 ? 'ipv4' : 'ipv6')
}
