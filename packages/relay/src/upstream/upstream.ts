import { parseWebSocketHop, type WebSocketHop } from './web-socket-hop.js'

/** A proxy used by an outbound. */
export interface Upstream {
  /** Protocol of the proxy. */
  readonly protocol: 'socks5' | 'socks5h' | 'socks4' | 'socks4a' | 'http' | 'https'
  /** The WebSocket, if the protocol runs inside one. */
  readonly webSocket: WebSocketHop | undefined
  /** Host of the proxy: a name, or an IP address without brackets. */
  readonly host: string
  /** Port of the proxy, 1–65535. */
  readonly port: number
  /** User name for the proxy, if any. */
  readonly username: string | undefined
  /** Password for `username`. */
  readonly password: string | undefined
}

/**
 * Parses the URL of an upstream proxy, such as `socks5://user:pass@127.0.0.1:1080`. `socks5` and `socks5h` are the
 * same, the proxy resolves names; with `socks4` they are resolved here, since it carries IPv4 addresses only. With
 * `ws+` or `wss+` in front, as in `wss+socks5://host/path?ed=2048`, they are spoken inside a WebSocket, as V2Ray and
 * Xray do.
 *
 * @throws RangeError naming what is wrong; never the password
 */
export function parseUpstream(text: string): Upstream {
  // The example has no password, since logs would not show one. Without "//", localhost:1080 has the scheme localhost.
  if (!URL.canParse(text) || !text.includes('://'))
    throw new RangeError('an upstream proxy must be a URL such as socks5://127.0.0.1:1080 or http://proxy.example:3128')
  const url = new URL(text)
  const { webSocket, protocol } = readScheme(url.protocol.slice(0, -1))
  const proxy = `the upstream proxy ${url.protocol}//${url.host}`
  if (url.hostname === '') throw new RangeError(`the upstream proxy ${url.protocol}// names no host`)
  if (url.port === '0') throw new RangeError(`${proxy} has port 0; it starts at 1`)
  const account = readAccount(url, protocol, proxy)
  const host = decode(url.hostname).replaceAll(/^\[|\]$/g, '')
  const rest = `${webSocket === undefined ? `${url.pathname}${url.search}` : ''}${url.hash}`
  if (rest !== '' && rest !== '/')
    throw new RangeError(`${proxy} has "${rest}" behind its port; the URL of a proxy ends with its port`)
  return {
    protocol,
    webSocket: webSocket === undefined ? undefined : parseWebSocketHop(webSocket, url, proxy),
    host,
    port: url.port === '' ? defaultPorts[webSocket ?? protocol] : Number(url.port),
    ...account,
  }
}

/** Parses a scheme: `ws+socks5` is SOCKS5 inside a WebSocket. */
function readScheme(scheme: string): { webSocket: 'ws' | 'wss' | undefined; protocol: Upstream['protocol'] } {
  const [, webSocket, protocol = ''] = /^(?:(wss?)\+)?(.*)$/s.exec(scheme) ?? []
  const inside = webSocket as 'ws' | 'wss' | undefined
  if (isProtocol(protocol) && (inside === undefined || protocol !== 'https')) return { webSocket: inside, protocol }
  const known = 'socks5, socks5h, socks4, socks4a, http, https'
  throw new RangeError(
    `upstream proxies speak ${known}, and all but https in a WebSocket as well (ws+socks5, wss+http); not "${scheme}"`,
  )
}

function isProtocol(word: string): word is Upstream['protocol'] {
  return word !== 'ws' && word !== 'wss' && Object.hasOwn(defaultPorts, word)
}

/** Whether the proxy speaks HTTP; otherwise it speaks SOCKS. */
export function speaksHttp({ protocol }: Upstream): boolean {
  return protocol === 'http' || protocol === 'https'
}

function readAccount(url: URL, protocol: Upstream['protocol'], proxy: string): Pick<Upstream, 'username' | 'password'> {
  const username = url.username === '' ? undefined : decode(url.username)
  const password = url.password === '' ? undefined : decode(url.password)
  if (password === undefined) return { username: checkLength(username, 'user name', proxy), password }
  if (username === undefined) throw new RangeError(`${proxy} has a password without a user name`)
  // If it were ignored, an unprotected account would look protected.
  if (protocol === 'socks4' || protocol === 'socks4a') {
    throw new RangeError(`${proxy} has a password; SOCKS4 carries only a user id`)
  }
  return {
    username: checkLength(username, 'user name', proxy),
    password: checkLength(password, 'password', proxy),
  }
}

function checkLength(text: string | undefined, what: string, proxy: string): string | undefined {
  const bytes = text === undefined ? 0 : Buffer.byteLength(text)
  if (bytes <= maxCredentialBytes) return text
  throw new RangeError(`${proxy} has a ${what} of ${bytes} bytes; the limit is ${maxCredentialBytes}`)
}

/** RFC 1929 §2: each length is one byte. */
const maxCredentialBytes = 255

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new RangeError('an upstream proxy URL has a % that is not followed by two hex digits; write %25 for a %')
  }
}

const defaultPorts: Record<Upstream['protocol'] | 'ws' | 'wss', number> = {
  ws: 80,
  wss: 443,
  socks5: 1080,
  socks5h: 1080,
  socks4: 1080,
  socks4a: 1080,
  http: 80,
  https: 443,
}
