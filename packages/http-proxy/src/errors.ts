import type { ReplyWord } from '@ls/foundation'

/** All errors of a proxy, on both sides. Each has a heading in `docs/errors`. */
export const httpProxyErrorCodes = [
  'ERR_HTTP_PROXY_BAD_REQUEST',
  'ERR_HTTP_PROXY_BAD_TARGET',
  'ERR_HTTP_PROXY_UNSUPPORTED',
  'ERR_HTTP_PROXY_TOO_LARGE',
  'ERR_HTTP_PROXY_AUTH',
  'ERR_HTTP_PROXY_AUTH_REQUIRED',
  'ERR_HTTP_PROXY_BUSY',
  'ERR_HTTP_PROXY_TIMEOUT',
  'ERR_HTTP_PROXY_UNREACHABLE',
  'ERR_HTTP_PROXY_REFUSED',
  'ERR_HTTP_PROXY_BAD_RESPONSE',
  'ERR_HTTP_PROXY_CLOSED',
] as const

/** One of {@link httpProxyErrorCodes}. */
export type HttpProxyErrorCode = (typeof httpProxyErrorCodes)[number]

/** Fields of an {@link HttpProxyError} besides code and text. */
export interface HttpProxyErrorOptions extends ErrorOptions {
  /** HTTP status to answer with, or that was answered. */
  readonly status?: number | undefined
  /** Reason why the target was not reached (protocol.md §4). */
  readonly reply?: ReplyWord | undefined
}

/**
 * Error for a request that was not served, or a tunnel that was not opened. Match on `code`; the text names the value
 * and the limit, never a password.
 *
 * A caller's own mistake (a port of 70000, a header with a line break) is a TypeError or RangeError instead.
 */
export class HttpProxyError extends Error {
  override readonly name = 'HttpProxyError'
  /** Stable error code; the text may change. */
  readonly code: HttpProxyErrorCode
  /** The HTTP status: the one our server answers with, or the one a proxy answered to our client. */
  readonly status: number | undefined
  /** Reason why the target was not reached, in the words of protocol.md §4. */
  readonly reply: ReplyWord | undefined

  constructor(code: HttpProxyErrorCode, message: string, options: HttpProxyErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.status = options.status
    this.reply = options.reply
  }
}
