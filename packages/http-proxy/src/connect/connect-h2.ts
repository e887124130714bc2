import { constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { discardStream } from '@ls/dial'
import { HttpProxyError } from '../errors.js'
import { formatAuthority } from '../message/authority.js'
import type { ConnectAttempt } from './connect-attempt.js'
import { responseError } from './connect-response.js'

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_AUTHORITY, HTTP2_HEADER_STATUS } = constants
const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants

/**
 * Opens a tunnel as a stream of a shared session (RFC 9113 §8.5).
 *
 * @throws {HttpProxyError} ERR_HTTP_PROXY_CLOSED when the stream or the session ended without an answer: then no byte
 *   has reached the target, and a fresh session may try again.
 */
export function requestStream(session: ClientHttp2Session, attempt: ConnectAttempt): Promise<ClientHttp2Stream> {
  const { proxy, signal } = attempt
  return new Promise((resolve, reject) => {
    const stream = openStream(session, attempt)
    // The stream may fail before its owner adds a listener: the error then appears as a close, and does not end the
    // process.
    stream.on('error', () => {})
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      stream.off('response', onResponse).off('close', onClose).off('error', onError)
    }
    const fail = (error: Error): void => {
      settle()
      stream.close(NGHTTP2_CANCEL)
      discardStream(stream)
      reject(error)
    }
    const abort = (): void => fail(signal.reason as Error)
    const onError = (cause: Error): void => fail(endError(session, stream, attempt, cause))
    const onClose = (): void => fail(endError(session, stream, attempt))
    const onResponse = (headers: IncomingHttpHeaders & { [HTTP2_HEADER_STATUS]?: number }): void => {
      const status = headers[HTTP2_HEADER_STATUS] ?? 0
      if (status < 200 || status > 299) return fail(responseError(describe(status, headers), proxy))
      settle()
      resolve(stream)
    }
    stream.on('response', onResponse).on('close', onClose).on('error', onError)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

function openStream(session: ClientHttp2Session, attempt: ConnectAttempt): ClientHttp2Stream {
  const { proxy, target, headers } = attempt
  const fields = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  try {
    return session.request(
      {
        [HTTP2_HEADER_METHOD]: 'CONNECT',
        [HTTP2_HEADER_AUTHORITY]: formatAuthority(target),
        ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
        ...Object.fromEntries(fields),
      },
      { endStream: false },
    )
  } catch (cause) {
    throw closedError(attempt, cause)
  }
}

function describe(status: number, headers: IncomingHttpHeaders): Parameters<typeof responseError>[0] {
  const field = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  return { status, server: field('server') ?? field('via'), proxyStatus: field('proxy-status') }
}

/** A proxy may also refuse by resetting the stream, as with CONNECT_ERROR (RFC 9113 §8.5): no reason to try again. */
function endError(
  session: ClientHttp2Session,
  stream: ClientHttp2Stream,
  attempt: ConnectAttempt,
  cause?: unknown,
): HttpProxyError {
  const { rstCode } = stream
  const sessionEnded = session.closed || session.destroyed
  const unprocessed = rstCode === NGHTTP2_NO_ERROR || rstCode === NGHTTP2_REFUSED_STREAM
  if (sessionEnded || unprocessed) return closedError(attempt, cause)
  const text = `the proxy ${formatAuthority(attempt.proxy)} reset the CONNECT stream with HTTP/2 error code ${rstCode}`
  return new HttpProxyError('ERR_HTTP_PROXY_REFUSED', text, { cause, reply: 'failed' })
}

function closedError({ proxy }: ConnectAttempt, cause?: unknown): HttpProxyError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  const text = `the HTTP/2 session with the proxy ${formatAuthority(proxy)} ended before answering CONNECT${why}`
  return new HttpProxyError('ERR_HTTP_PROXY_CLOSED', text, { cause, reply: 'failed' })
}
