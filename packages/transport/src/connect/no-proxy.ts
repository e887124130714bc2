import { BlockList, isIP } from 'node:net'

/** Parsed value of `no_proxy`. */
export interface NoProxy {
  /** Whether a host, in lower case and without brackets, is reached directly. */
  exempts(host: string, port: number): boolean
  /** Entries of unknown form, unchanged; they have no effect. */
  readonly unknown: readonly string[]
}

type Rule = (host: string, port: number) => boolean

/**
 * Reads the value of `no_proxy`: entries separated by commas or blanks, each `*`, a domain, an address, a network as
 * `10.0.0.0/8`, `10.1.` or `10.1.*`, with an optional `:port`.
 */
export function parseNoProxy(text: string): NoProxy {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  const rules: Rule[] = []
  const unknown: string[] = []
  for (const entry of entries) {
    const rule = parseRule(entry.toLowerCase())
    if (rule === undefined) unknown.push(entry)
    else rules.push(rule)
  }
  return { exempts: (host, port) => rules.some((rule) => rule(host.replace(/\.$/, ''), port)), unknown }
}

function parseRule(entry: string): Rule | undefined {
  if (entry === '*') return () => true
  const { name, port: rulePort } = splitPort(entry)
  const matches = parseNetwork(name) ?? parseDomain(name)
  if (matches === undefined || rulePort === undefined) return matches
  return (host, port) => port === rulePort && matches(host, port)
}

/** Splits `host:port` or `[v6]:port`; a bare IPv6 address or network has no port, despite its colons. */
function splitPort(rule: string): { readonly name: string; readonly port?: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(rule)
  if (match === null) return { name: rule }
  const name = match[1] ?? match[2] ?? ''
  return match[3] === undefined ? { name } : { name, port: Number(match[3]) }
}

/** Parses an address or network. Addresses are compared by value, since IPv6 has many spellings for one. */
function parseNetwork(name: string): Rule | undefined {
  const [address = '', prefix] = (startOfIpv4(name) ?? name).split('/')
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  if (version === 0 || (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))) return undefined
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, Number(prefix ?? bits), family)
  return (host) => isIP(host) === version && list.check(host, family)
}

/** Reads `10.1.` and `10.1.*`, which mean the network 10.1.0.0/16 in other programs. */
function startOfIpv4(name: string): string | undefined {
  const start = /^((?:\d{1,3}\.){1,3})(?:\*(?:\.\*)*)?$/.exec(name)?.[1]
  if (start === undefined || name.split('.').length > 4) return undefined
  const octets = start.split('.').slice(0, -1)
  return `${[...octets, 0, 0, 0].slice(0, 4).join('.')}/${octets.length * 8}`
}

/** Parses a domain and all below it; `.domain` and `*.domain` mean the same. */
function parseDomain(name: string): Rule | undefined {
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '')
  // The rest of an invalid network would never match, so report it.
  const isName = /^[^*/:[\]]+$/.test(domain) && !/^[\d.]+$/.test(domain)
  return isName ? (host) => host === domain || host.endsWith(`.${domain}`) : undefined
}
