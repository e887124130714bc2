import type { Target } from '@ls/foundation'
import { HttpProxyError } from '../errors.js'
import { parseAuthority } from './authority.js'

/** Target and path of a plain request. */
export interface RequestTarget {
  readonly target: Target
  /** The Host field to send, as the client spelled it (RFC 9112 §3.2.2). */
  readonly authority: string
  /** Origin-form, or `*`. */
  readonly path: string
}

/** Reads the absolute-form of a request to a proxy (RFC 9112 §3.2.2): `http://host[:port][/path][?query]`. */
export function parseAbsoluteForm(url: string, method: string): RequestTarget {
  const groups = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<path>[^#]*)$/i.exec(url)?.groups
  if (groups === undefined) throw badTarget(`the request target ${quote(url)} is not an http:// URL`)
  const { scheme = '', authority = '', path = '' } = groups
  if (scheme.toLowerCase() !== 'http')
    throw badTarget(`the scheme ${quote(scheme)} needs CONNECT; only http is proxied`)
  const target = parseAuthority(authority, 80)
  // User information is refused too: a sender must not generate it (RFC 9110 §4.2.4), and it misleads readers.
  if (target === undefined) throw badTarget(`${quote(hideUser(authority))} is not host[:port]`)
  return { target, authority, path: originForm(path, method) }
}

/** Reads a request that names its host in Host only: origin-form, or `OPTIONS *`. */
export function parseOriginForm(url: string, host: string | undefined): RequestTarget {
  if (host === undefined) throw badTarget('the request has no Host field')
  const target = parseAuthority(host, 80)
  if (target === undefined) throw badTarget(`the Host field ${quote(hideUser(host))} is not host[:port]`)
  return { target, authority: host, path: url }
}

/** Reads the target of a CONNECT request (RFC 9112 §3.2.3): `host:port`, the port is required. */
export function parseConnectTarget(url: string): Target {
  const target = parseAuthority(url)
  if (target === undefined) throw badTarget(`the CONNECT target ${quote(hideUser(url))} is not host:port`)
  return target
}

export function badTarget(message: string): HttpProxyError {
  return new HttpProxyError('ERR_HTTP_PROXY_BAD_TARGET', message, { status: 400 })
}

/** RFC 9112 §3.2.4: OPTIONS for a URL without path and query is about the server as a whole. */
function originForm(path: string, method: string): string {
  if (path === '') return method === 'OPTIONS' ? '*' : '/'
  return path.startsWith('/') ? path : `/${path}`
}

/** Returns a target for an error text: shortened, and without a password. */
function hideUser(text: string): string {
  return text.replace(/^.*@/, '…@')
}

function quote(text: string): string {
  return `'${text.length > 80 ? `${text.slice(0, 80)}…` : text}'`
}
