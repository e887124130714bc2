import { BlockList, isIP } from 'node:net'
import { TransportError } from './errors.js'
import { hostOf, portOf } from './url.js'

/** Variables as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy that the environment names for a URL, or undefined for a direct connection.
 *
 * `ws:` goes by `http_proxy`, `wss:` by `https_proxy`, both by `all_proxy` failing that; lower case wins over upper case.
 * `no_proxy` lists exceptions, separated by commas or blanks: `*`, a domain (its subdomains too; `.domain` and `*.domain`
 * mean the same), an address, a network as `10.0.0.0/8`, each with an optional `:port`. Loopback always goes direct.
 *
 * @throws TransportError `ERR_TRANSPORT_PROXY` when the value is no URL of a proxy.
 */
export function environmentProxy(url: URL, environment: Environment = process.env): URL | undefined {
  if (isLoopback(hostOf(url)) || isExempt(url, environment)) return undefined
  const name = variableFor(url, environment)
  return name === undefined ? undefined : parseProxy(name, lookup(environment, name) ?? '')
}

function variableFor(url: URL, environment: Environment): string | undefined {
  const own = url.protocol === 'wss:' ? 'https_proxy' : 'http_proxy'
  return [own, 'all_proxy'].find((name) => lookup(environment, name) !== undefined)
}

function lookup(environment: Environment, name: string): string | undefined {
  const lower = environment[name]?.trim()
  if (lower !== undefined && lower !== '') return lower
  // Under CGI, HTTP_PROXY is a header of the request: whoever asks would choose our proxy.
  if (name === 'http_proxy' && environment['REQUEST_METHOD'] !== undefined) return undefined
  const upper = environment[name.toUpperCase()]?.trim()
  return upper === '' ? undefined : upper
}

function parseProxy(name: string, value: string): URL {
  const absolute = value.includes('://') ? value : `http://${value}`
  if (URL.canParse(absolute)) return new URL(absolute)
  throw new TransportError('ERR_TRANSPORT_PROXY', `the proxy in ${name} is not a URL: correct or unset the variable`)
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
}

function isExempt(url: URL, environment: Environment): boolean {
  const rules =
    lookup(environment, 'no_proxy')
      ?.toLowerCase()
      .split(/[\s,]+/) ?? []
  return rules.some((rule) => rule !== '' && matches(rule, hostOf(url).toLowerCase(), portOf(url)))
}

function matches(rule: string, host: string, port: number): boolean {
  if (rule === '*') return true
  if (rule.includes('/')) return isInNetwork(host, rule)
  const { name, rulePort } = splitPort(rule)
  if (rulePort !== undefined && rulePort !== port) return false
  if (isIP(host) !== 0) return isInNetwork(host, name)
  const domain = name.replace(/^\*?\./, '')
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}

/** `host:port`, `[v6]:port`, or a bare IPv6 address, whose colons are no port. */
function splitPort(rule: string): { name: string; rulePort?: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(rule)
  if (match === null) return { name: rule }
  const name = match[1] ?? match[2] ?? ''
  return match[3] === undefined ? { name } : { name, rulePort: Number(match[3]) }
}

/** Compares addresses by value, since IPv6 has many spellings for one. */
function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix] = network.split('/')
  const version = isIP(address)
  if (version === 0 || isIP(host) !== version) return false
  const bits = prefix === undefined ? Number.NaN : Number(prefix)
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  if (prefix === undefined) list.addAddress(address, family)
  else if (/^\d+$/.test(prefix) && bits <= (version === 4 ? 32 : 128)) list.addSubnet(address, bits, family)
  return list.check(host, family)
}
