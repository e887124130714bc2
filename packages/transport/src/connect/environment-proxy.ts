import { isLoopback } from '@ls/foundation'
import { TransportError } from '../errors.js'
import { type NoProxy, parseNoProxy } from './no-proxy.js'
import { hostOf, portOf, printable } from './url.js'

/** Variables as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the proxy that the environment names for a URL, or undefined for a direct connection.
 *
 * `ws:` uses `http_proxy`, `wss:` uses `https_proxy`, both fall back to `all_proxy`; lower case has priority over upper
 * case. `no_proxy` lists exceptions, separated by commas or blanks: `*`, a domain (its subdomains too; `.domain` and
 * `*.domain` mean the same), an address, a network as `10.0.0.0/8`, `10.1.` or `10.1.*`, each with an optional `:port`.
 * {@link environmentWarnings} reports other entries. Connections to loopback are always direct.
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
  // Under CGI, HTTP_PROXY comes from a request header, so the requester would choose our proxy.
  if (name === 'http_proxy' && environment['REQUEST_METHOD'] !== undefined) return undefined
  const upper = environment[name.toUpperCase()]?.trim()
  return upper === '' ? undefined : upper
}

function parseProxy(name: string, value: string): URL {
  const absolute = value.includes('://') ? value : `http://${value}`
  if (URL.canParse(absolute)) return new URL(absolute)
  throw new TransportError('ERR_TRANSPORT_PROXY', `the proxy in ${name} is not a URL: correct or unset the variable`)
}

function isExempt(url: URL, environment: Environment): boolean {
  return noProxyOf(environment).exempts(hostOf(url).toLowerCase(), portOf(url))
}

/** Returns warnings about proxies of the environment that are no errors; each a whole sentence for a log. */
export function environmentWarnings(environment: Environment = process.env): readonly string[] {
  return noProxyOf(environment).unknown.map(
    (entry) => `no_proxy: "${printable(entry, 80)}" is no domain, address or network, and exempts nothing`,
  )
}

function noProxyOf(environment: Environment): NoProxy {
  return parseNoProxy(lookup(environment, 'no_proxy') ?? '')
}
