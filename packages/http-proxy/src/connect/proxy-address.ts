import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Target } from '@ls/dial'
import { checkTarget } from '../message/authority.js'
import { formatBasic } from '../message/basic.js'

/** A proxy to go through. */
export interface HttpProxyAddress {
  /** A name, or an IP address without brackets. */
  readonly host: string
  /** 1–65535. */
  readonly port: number
  /** TLS to the proxy: true, or options for `tls.connect` such as `ca` and `rejectUnauthorized`. @default false */
  readonly tls?: boolean | TlsOptions
  /** For Basic authentication. */
  readonly username?: string | undefined
  /** @default '' */
  readonly password?: string | undefined
}

export interface ResolvedProxyAddress extends Target {
  readonly tls: TlsOptions | undefined
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined
}

/**
 * Checks a proxy's address. A URL is `http://` or `https://` (TLS to the proxy), `[user:password@]host[:port]`, with
 * the port of its scheme as default.
 *
 * @throws {TypeError | RangeError} that never shows the password.
 */
export function resolveProxyAddress(proxy: URL | string | HttpProxyAddress): ResolvedProxyAddress {
  const address = proxy instanceof URL || typeof proxy === 'string' ? addressOfUrl(proxy) : proxy
  const { host, port } = checkTarget(address, 'proxy')
  const { tls = false, username, password = '' } = address
  return {
    host,
    port,
    tls: tls === false ? undefined : tls === true ? defaultTls : tls,
    authorization: username === undefined ? undefined : formatBasic({ username, password }),
  }
}

/** One object, so that calls which give no options of their own share their HTTP/2 sessions. */
const defaultTls: TlsOptions = {}

function addressOfUrl(proxy: URL | string): HttpProxyAddress {
  const url = typeof proxy === 'string' ? parseUrl(proxy) : proxy
  const secure = url.protocol === 'https:'
  if (!secure && url.protocol !== 'http:')
    throw new TypeError(`a proxy URL is http:// or https://, not ${url.protocol}//`)
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      `a proxy URL has no path, query or fragment; this one has ${url.pathname}${url.search}${url.hash}`,
    )
  }
  const user = url.username === '' ? {} : { username: decode(url.username), password: decode(url.password) }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { host, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port), tls: secure, ...user }
}

function parseUrl(text: string): URL {
  // The error of the URL class carries its input, and with it a password.
  if (!URL.canParse(text)) throw new TypeError('the proxy is not a valid URL; it should look like http://host:port')
  return new URL(text)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError("the proxy URL's user name or password has a % that is not followed by two hex digits")
  }
}
