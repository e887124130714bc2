import type { ReplyCode } from './reply.js'

/** All errors of a SOCKS handshake, connection or datagram. Each has a heading in `docs/errors`. */
export const socksErrorCodes = [
  'ERR_SOCKS_VERSION',
  'ERR_SOCKS_AUTH_REQUIRED',
  'ERR_SOCKS_AUTH_FAILED',
  'ERR_SOCKS_COMMAND',
  'ERR_SOCKS_ADDRESS_TYPE',
  'ERR_SOCKS_BAD_VALUE',
  'ERR_SOCKS_TOO_LARGE',
  'ERR_SOCKS_TRUNCATED',
  'ERR_SOCKS_FRAGMENT',
  'ERR_SOCKS_TIMEOUT',
  'ERR_SOCKS_CLOSED',
  'ERR_SOCKS_OVERLOADED',
  'ERR_SOCKS_UNREACHABLE',
  'ERR_SOCKS_REFUSED_BY_PROXY',
] as const

/** One of {@link socksErrorCodes}. */
export type SocksErrorCode = (typeof socksErrorCodes)[number]

/** Fields of a {@link SocksError} besides code and text. */
export interface SocksErrorOptions extends ErrorOptions {
  /** The reply sent to the client, or received from the proxy. @default undefined: none was exchanged */
  readonly reply?: ReplyCode | undefined
}

/**
 * Error of a SOCKS peer or proxy, or for a value that SOCKS cannot carry. Match on `code`; the text names the value and
 * the limit, and never a password.
 *
 * A caller's own mistake (a wrong type, a second reply) is a TypeError or RangeError instead.
 */
export class SocksError extends Error {
  override readonly name = 'SocksError'
  /** Stable error code; the text may change. */
  readonly code: SocksErrorCode
  /** The reply sent to the client, or received from the proxy; undefined if there was none. */
  readonly reply: ReplyCode | undefined

  constructor(code: SocksErrorCode, message: string, options: SocksErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.reply = options.reply
  }
}

/** Error for a request that the proxy has answered with another reply than success. */
export function refusedByProxy(reply: ReplyCode, byte: number): SocksError {
  const text = `the proxy refuses the request: ${reply} (${hex(byte)})`
  return new SocksError('ERR_SOCKS_REFUSED_BY_PROXY', text, { reply })
}

/** Formats a peer's text for an error message: escaped, and shortened. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}

/** Formats a byte as the RFCs do: `0x05`, not `5`. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
