import type { IncomingMessage } from 'node:http'
import type { Target } from '@ls/dial'
import { HttpProxyError } from '../errors.js'
import { parseAuthority } from '../message/authority.js'
import { parseBasic } from '../message/basic.js'
import { checkFieldNames, checkTransferEncoding, hasTransferEncoding } from '../message/framing.js'
import { connectionOptions, fieldValues } from '../message/hop-by-hop.js'
import {
  badTarget,
  parseAbsoluteForm,
  parseConnectTarget,
  parseOriginForm,
  type RequestTarget,
} from '../message/request-target.js'
import type { ResolvedHttpProxyOptions } from '../options.js'

/** A CONNECT request that may be served. */
export interface CheckedConnect {
  readonly target: Target
  readonly user: string | undefined
}

/** A plain request that may be served; without a target it is for the proxy itself. */
export interface CheckedRequest {
  readonly target: RequestTarget | undefined
  readonly user: string | undefined
}

type CheckOptions = Pick<ResolvedHttpProxyOptions, 'auth' | 'transparent'>

/**
 * Checks a CONNECT request. A missing Host is tolerated here, against RFC 9112 §3.2: several tools send none, and the
 * target stands in the request line anyway.
 *
 * @throws {HttpProxyError} with the status to answer.
 */
export function checkConnect(request: IncomingMessage, options: CheckOptions): CheckedConnect {
  const headers = request.rawHeaders
  checkFraming(request)
  // A body of CONNECT is ambiguous: the next reader takes it for the tunnel's first bytes (RFC 9110 §9.3.6).
  const lengths = fieldValues(headers, 'content-length')
  if (hasTransferEncoding(headers) || lengths.some((length) => Number(length) !== 0)) {
    throw badRequest('a CONNECT request must not have a body')
  }
  const user = authenticate(request, options)
  return { target: parseConnectTarget(request.url ?? ''), user }
}

/**
 * Checks any other request. Errors that Node's strict parser refuses are not checked again.
 *
 * @throws {HttpProxyError} with the status to answer.
 */
export function checkRequest(request: IncomingMessage, options: CheckOptions): CheckedRequest {
  checkFraming(request)
  const host = fieldValues(request.rawHeaders, 'host')[0]
  if (host === undefined && request.httpVersion === '1.1')
    throw badRequest('an HTTP/1.1 request must have a Host field')
  const user = authenticate(request, options)
  return { target: findTarget(request, host, options.transparent), user }
}

function findTarget(
  request: IncomingMessage,
  host: string | undefined,
  transparent: boolean,
): RequestTarget | undefined {
  const { url = '', method = '' } = request
  const isOriginForm = url.startsWith('/')
  const isAsterisk = url === '*' && method === 'OPTIONS'
  if (isAsterisk && !transparent) return undefined
  if (isOriginForm && !transparent) {
    throw badTarget('this is an HTTP proxy: ask it for a full URL, as in GET http://host/path')
  }
  const isNamed = !isOriginForm && !isAsterisk
  if (!isNamed) checkOrigin(request, host)
  const target = isNamed ? parseAbsoluteForm(url, method) : parseOriginForm(url, host)
  return isLastHop(request, method) ? undefined : target
}

/**
 * A browser configured to use the proxy sends the full target, also when a page asks another origin. A request with
 * only Host may have been sent here by the page itself, which must not see answers of the network behind the proxy.
 */
function checkOrigin(request: IncomingMessage, host = ''): void {
  for (const origin of fieldValues(request.rawHeaders, 'origin')) {
    if (isOriginOf(origin, host)) continue
    const text = 'web pages of another origin may not use this proxy; a browser has to be configured to use it'
    throw new HttpProxyError('ERR_HTTP_PROXY_BAD_REQUEST', text, { status: 403 })
  }
}

/** Whether a page of `origin` sends a request to its own host; only `http` arrives here in clear text. */
function isOriginOf(origin: string, host: string): boolean {
  const [scheme, authority = ''] = origin.toLowerCase().split('://', 2)
  const [page, asked] = [parseAuthority(authority, 80), parseAuthority(host.toLowerCase(), 80)]
  return scheme === 'http' && page !== undefined && page.host === asked?.host && page.port === asked.port
}

/** RFC 9110 §7.6.2: OPTIONS and TRACE count the proxies they may still pass. */
function isLastHop(request: IncomingMessage, method: string): boolean {
  if (method !== 'OPTIONS' && method !== 'TRACE') return false
  return fieldValues(request.rawHeaders, 'max-forwards').some((value) => Number(value) === 0)
}

function checkFraming(request: IncomingMessage): void {
  const { rawHeaders, httpVersion } = request
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw new HttpProxyError('ERR_HTTP_PROXY_UNSUPPORTED', `HTTP/${httpVersion} is not served`, { status: 505 })
  }
  checkFieldNames(rawHeaders)
  const hosts = fieldValues(rawHeaders, 'host')
  if (hosts.length > 1) throw badRequest(`the request has ${hosts.length} Host fields, one is allowed`)
  if (hosts[0] !== undefined && parseAuthority(hosts[0], 80) === undefined) {
    throw badRequest('the Host field is not host[:port]')
  }
  checkTransferEncoding(request)
  const options = connectionOptions(rawHeaders)
  for (const field of ['host', 'content-length']) {
    if (options.has(field)) throw badRequest(`Connection must not name ${field} (RFC 9110 §7.6.1)`)
  }
}

function authenticate(request: IncomingMessage, { auth }: CheckOptions): string | undefined {
  if (auth === undefined) return undefined
  const fields = fieldValues(request.rawHeaders, 'proxy-authorization')
  const account = fields.length === 1 ? parseBasic(fields[0] ?? '') : undefined
  if (account !== undefined && auth.verify(account.username, account.password)) return account.username
  if (fields.length > 0) throw new HttpProxyError('ERR_HTTP_PROXY_AUTH', 'wrong user name or password', { status: 407 })
  // Browsers first send a request without credentials, and repeat it with them.
  throw new HttpProxyError('ERR_HTTP_PROXY_AUTH_REQUIRED', 'the proxy requires a user name and a password', {
    status: 407,
  })
}

function badRequest(message: string): HttpProxyError {
  return new HttpProxyError('ERR_HTTP_PROXY_BAD_REQUEST', message, { status: 400 })
}
