import { TransportError } from '../errors.js'

const schemes: Readonly<Record<string, 'ws:' | 'wss:'>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
}

/** Scheme of a WebSocket over a UNIX socket: the path of the file, a colon, and the path to request. */
const unixScheme = 'ws+unix:'

/** The path of deployed servers (protocol.md §1). */
const defaultPath = '/socket'

/** Query values that are secrets: they open a link. */
const secretParameters = ['token']
const hiddenText = '***'

/**
 * Parses the address of a server as users write it: no scheme means `wss://`, `http(s)://` means `ws(s)://`, and an
 * empty path or `/` becomes `/socket` (protocol.md §1). A UNIX socket is `ws+unix:///path/of.sock:/socket`.
 *
 * @throws TransportError `ERR_TRANSPORT_BAD_URL`
 *
 * @example
 * ```ts
 * parseServerUrl('proxy.example.com').href // 'wss://proxy.example.com/socket'
 * parseServerUrl('http://localhost:8765/link').href // 'ws://localhost:8765/link'
 * ```
 */
export function parseServerUrl(text: string): URL {
  const trimmed = text.trim()
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `wss://${trimmed}`
  const parsed = parse(absolute, text)
  if (parsed.protocol === unixScheme) return parseUnixUrl(parsed, text)
  const url = toWebSocketUrl(parsed, text)
  if (url.pathname === '/') url.pathname = defaultPath
  return url
}

/**
 * Checks a `URL` from the caller, who may use a UNIX socket; a redirect may not. @throws TransportError for another
 * scheme
 */
export function checkServerUrl(url: URL): URL {
  return url.protocol === unixScheme ? parseUnixUrl(url, placeOf(url)) : toWebSocketUrl(url, placeOf(url))
}

/** Returns the path of the socket file of a `ws+unix:` URL; undefined for all others. */
export function socketPathOf(url: URL): string | undefined {
  return url.protocol === unixScheme ? decodeURIComponent(splitUnixPath(url)[0]) : undefined
}

/** Returns the path to request, percent-encoded. */
export function requestPathOf(url: URL): string {
  return url.protocol === unixScheme ? splitUnixPath(url)[1] : url.pathname
}

/** Returns the same URL with `ws:` or `wss:` and without a fragment. @throws TransportError for any other scheme. */
export function toWebSocketUrl(url: URL, text: string): URL {
  const scheme = schemes[url.protocol]
  if (scheme === undefined) {
    throw badUrl(text, `its scheme is ${url.protocol}//, possible are wss, ws, https, http and ws+unix`)
  }
  // Changing the scheme drops a port that is the default of the new one; nothing else changes.
  const result = new URL(url)
  result.protocol = scheme
  result.hash = ''
  return result
}

/** Returns the host name, or the address without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

/** Returns the port, also where it is the scheme's own. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'wss:' || url.protocol === 'https:' ? 443 : 80
}

/** Returns the URL for a log line: token hash and password are replaced by `***`. */
export function redactUrl(url: URL | string): string {
  const shown = new URL(url)
  if (shown.password !== '') shown.password = hiddenText
  for (const name of secretParameters) {
    if (shown.searchParams.has(name)) shown.searchParams.set(name, hiddenText)
  }
  return shown.href
}

/** Returns scheme, host and path for an error message: enough to check the URL, without secrets. */
export function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** Cleans text from a peer for a log line: no control characters, at most `maxLength` characters. */
export function printable(text: string, maxLength: number): string {
  // eslint-disable-next-line no-control-regex -- removing them is the point
  const clean = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1)}…`
}

function parseUnixUrl(url: URL, text: string): URL {
  const [file, path] = splitUnixPath(url)
  if (url.host !== '' || file.length < 2 || !isDecodable(file))
    throw badUrl(text, 'it is not ws+unix:///path/of.sock:/path')
  const result = new URL(url)
  result.hash = ''
  result.pathname = `${file}:${path === '' || path === '/' ? defaultPath : path}`
  return result
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== ''
  } catch {
    return false
  }
}

function splitUnixPath({ pathname }: URL): [file: string, path: string] {
  const colon = pathname.indexOf(':')
  return colon < 0 ? [pathname, ''] : [pathname.slice(0, colon), pathname.slice(colon + 1)]
}

function parse(absolute: string, text: string): URL {
  if (quoted.test(text.trim())) throw badUrl(text, 'it begins with a quotation mark: leave it out')
  if (mistypedScheme.test(text.trim())) throw badUrl(text, 'its scheme is not followed by ://')
  if (URL.canParse(absolute)) return new URL(absolute)
  const isBareIpv6 = bareIpv6.test(absolute)
  throw badUrl(text, isBareIpv6 ? ipv6Advice : 'it is not host, host:port or wss://host:port/path')
}

/** `'wss://host'`, as an environment file gives it: a host with a quotation mark, and the token in the path. */
const quoted = /^["'`‘’“”]/

/** `http//host` or `wss:/host`: it would be the host `http` and a path, or the host `wss` and no port. */
const mistypedScheme = /^(?:wss?|https?)(?:\/\/|:(?!\d|\/\/))/i

/** More than one colon where a host and a port may have one. */
const bareIpv6 = /^[a-z+]+:\/\/(?:[^/?#@]*@)?[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:[/?#]|$)/i
const ipv6Advice = 'an IPv6 address needs brackets, as in ws://[::1]:8765'

function badUrl(text: string, why: string): TransportError {
  // A mistyped URL may contain a token or password.
  const shown = text.replace(/\/\/[^/?#@]*@/, `//${hiddenText}@`).replace(/[?#].*$/s, '')
  return new TransportError('ERR_TRANSPORT_BAD_URL', `'${shown}' is no server URL: ${why}`)
}
