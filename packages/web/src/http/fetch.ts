import type { WebError } from '../errors.js'
import type { TcpSocket } from '../sockets/tcp-socket.js'
import { type HttpFailure, LineReader } from './line-reader.js'
import { bodyOf, readHead } from './response.js'

/** Options of a request; names and meanings are those of `fetch`. */
export interface FetchOptions {
  /** Method of the request. @default 'GET' */
  readonly method?: string | undefined
  /** Header fields; those that `fetch` forbids, such as `Host` and `Cookie`, are allowed. @default none */
  readonly headers?: HeadersInit | undefined
  /** Body of the request. @default none */
  readonly body?: BufferSource | string | Blob | URLSearchParams | null | undefined
  /** Treatment of redirects; `manual` returns the redirect itself. @default 'follow', 20 times at most */
  readonly redirect?: 'follow' | 'manual' | 'error' | undefined
  /** Cancels the request, and its response. */
  readonly signal?: AbortSignal | undefined
}

/** What requests need of the page. */
export interface FetchDependencies {
  /** Opens the connection of a request. */
  readonly openTcp: (target: { host: string; port: number; signal?: AbortSignal | undefined }) => TcpSocket
  /** Class of the errors. */
  readonly Failure: typeof WebError
}

/** The limit of browsers (Fetch Standard §4.4). */
const maxRedirects = 20

/** Sends a request to an HTTP/1.1 server over a connection that `openTcp` opens, one for each request. */
export async function fetchOver(
  means: FetchDependencies,
  input: string | URL,
  options: FetchOptions,
): Promise<Response> {
  const fail: HttpFailure = (text) => new means.Failure('ERR_WEB_HTTP', text)
  let url = new URL(input)
  let request = options
  for (let redirects = 0; ; redirects++) {
    const response = await fetchOnce({ ...means, fail }, url, request)
    const location = response.headers.get('location')
    if (location === null || !redirectStatus.has(response.status) || options.redirect === 'manual') return response
    await response.body?.cancel()
    if (options.redirect === 'error' || redirects === maxRedirects) throw fail(`${url.href} redirects to ${location}`)
    const next = new URL(location, url)
    request = redirected(request, response.status)
    if (next.origin !== url.origin) request = forStranger(request)
    url = next
  }
}

const redirectStatus = new Set([301, 302, 303, 307, 308])

/** Request after a redirect; a POST may become a GET (Fetch Standard §4.4). */
function redirected(request: FetchOptions, status: number): FetchOptions {
  const method = request.method?.toUpperCase() ?? 'GET'
  const isAsked = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST'
  if (!isAsked) return request
  const headers = new Headers(request.headers)
  headers.delete('content-type')
  return { ...request, method: 'GET', body: null, headers }
}

/** Request to another origin, without the fields that only the first may see (Fetch Standard §4.4). */
function forStranger(request: FetchOptions): FetchOptions {
  const headers = new Headers(request.headers)
  for (const name of ['authorization', 'proxy-authorization', 'cookie', 'host']) headers.delete(name)
  return { ...request, headers }
}

interface RequestMeans extends FetchDependencies {
  readonly fail: HttpFailure
}

async function fetchOnce({ openTcp, fail }: RequestMeans, url: URL, options: FetchOptions): Promise<Response> {
  if (url.protocol !== 'http:') throw fail(`'${url.protocol}' is not possible: only http: URLs can be fetched`)
  const { signal } = options
  signal?.throwIfAborted()
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = openTcp({ host, port: Number(url.port || 80), signal })
  try {
    await socket.opened
    const method = (options.method ?? 'GET').toUpperCase()
    await send(socket, await requestOf(url, method, options))
    const lines = new LineReader(socket.readable, fail)
    const head = await readHead(lines)
    const response = new Response(bodyOf(lines, head, method), head)
    Object.defineProperty(response, 'url', { value: url.href })
    return response
  } catch (error) {
    socket.close(error)
    throw error
  }
}

async function send(socket: TcpSocket, pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  const writer = socket.writable.getWriter()
  for (const piece of pieces) await writer.write(piece)
  writer.releaseLock()
}

/** Encodes head and body. The writable side stays open: many servers treat its end as the end of the client. */
async function requestOf(url: URL, method: string, options: FetchOptions): Promise<Uint8Array<ArrayBuffer>[]> {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(method)) throw new TypeError(`'${method}' is no method`)
  // Creates the body and its type as `fetch` would send them.
  const { body = null } = options
  const given = new Response(body)
  const content = new Uint8Array(await given.arrayBuffer())
  const fields = new Map<string, string>([['host', url.host]])
  const type = given.headers.get('content-type')
  if (type !== null) fields.set('content-type', type)
  for (const [name, value] of fieldsOf(options.headers)) fields.set(name.toLowerCase(), value)
  fields.set('connection', 'close')
  if (body !== null || bodyMethods.has(method)) fields.set('content-length', String(content.length))
  fields.delete('transfer-encoding')
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`]
  for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  const head = new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`)
  return content.length === 0 ? [head] : [head, content]
}

const bodyMethods = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Fields of a request. `Headers` of a `Request` would remove those that pages may not send over the network; this
 * request does not go through the browser.
 */
function fieldsOf(init: HeadersInit | undefined): Iterable<[string, string]> {
  // It checks names and values: no line breaks.
  return new Headers(init)
}
