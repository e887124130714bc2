import { isIP } from 'node:net'
import { hostname } from 'node:os'

/** The used part of resolv.conf(5). */
export interface ResolvConf {
  /** Addresses, with a zone where one is given. */
  readonly servers: readonly string[]
  /** Domains in which a short name is tried, in lower case. */
  readonly search: readonly string[]
  /** A name with fewer dots is tried in the search domains first. */
  readonly ndots: number
  /** Time limit of one server, in milliseconds; undefined where the file gives none. */
  readonly timeoutMs: number | undefined
}

/** Limits of glibc (resolv.conf(5)): `ndots` 15, `timeout` 30 s. */
const maxNdots = 15
const maxTimeoutS = 30

/** Most servers that are queried, and most domains that are tried; further ones only take time. */
const maxServers = 8
const maxDomains = 16

/** Reads resolv.conf(5). The last `domain` or `search` counts; without one, the domain of this machine's own name. */
export function parseResolvConf(text: string, ownName: string = hostname()): ResolvConf {
  const servers: string[] = []
  let search: readonly string[] | undefined
  const options: string[] = []
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver' && isIP(values[0] ?? '') !== 0) servers.push(values[0] ?? '')
    if (keyword === 'search' || keyword === 'domain') search = values
    if (keyword === 'options') options.push(...values)
  }
  const timeoutS = numberOf(options, 'timeout', maxTimeoutS)
  return {
    servers: servers.slice(0, maxServers),
    search: (search ?? domainOf(ownName))
      .map(cleanDomain)
      .filter((domain) => domain !== '')
      .slice(0, maxDomains),
    ndots: numberOf(options, 'ndots', maxNdots) ?? 1,
    timeoutMs: timeoutS === undefined || timeoutS === 0 ? undefined : timeoutS * 1000,
  }
}

function numberOf(options: readonly string[], name: string, max: number): number | undefined {
  const found = options.findLast((option) => option.startsWith(`${name}:`))?.slice(name.length + 1)
  return found !== undefined && /^\d+$/.test(found) ? Math.min(Number(found), max) : undefined
}

function domainOf(name: string): readonly string[] {
  const dot = name.indexOf('.')
  return dot === -1 ? [] : [name.slice(dot + 1)]
}

function cleanDomain(domain: string): string {
  return domain.toLowerCase().replaceAll(/^\.+|\.+$/g, '')
}

/** Returns the names to query DNS for, in the order of resolv.conf(5), for a name without a trailing dot. */
export function searchNames(name: string, isAbsolute: boolean, { search, ndots }: ResolvConf): readonly string[] {
  if (isAbsolute) return [name]
  const inDomains = search.map((domain) => `${name}.${domain}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...inDomains] : [...inDomains, name]
}
