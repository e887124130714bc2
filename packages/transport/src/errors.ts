/** Codes of a {@link TransportError}; `docs/errors` has a section for each. */
export const transportErrorCodes = [
  'ERR_TRANSPORT_BAD_URL',
  'ERR_TRANSPORT_DNS',
  'ERR_TRANSPORT_REFUSED',
  'ERR_TRANSPORT_UNREACHABLE',
  'ERR_TRANSPORT_TIMEOUT',
  'ERR_TRANSPORT_TLS',
  'ERR_TRANSPORT_PROXY',
  'ERR_TRANSPORT_REDIRECTS',
  'ERR_TRANSPORT_UPGRADE_REFUSED',
  'ERR_TRANSPORT_BAD_ANSWER',
  'ERR_TRANSPORT_CONNECTION_LOST',
  'ERR_TRANSPORT_PEER_SILENT',
  'ERR_TRANSPORT_MESSAGE_TOO_LARGE',
  'ERR_TRANSPORT_TEXT_MESSAGE',
  'ERR_TRANSPORT_PROTOCOL',
  'ERR_TRANSPORT_FINGERPRINT',
  'ERR_TRANSPORT_BROWSER',
] as const

/** One of {@link transportErrorCodes}. */
export type TransportErrorCode = (typeof transportErrorCodes)[number]

/** Data of a {@link TransportError} in addition to code and text. */
export interface TransportErrorOptions {
  /** The error behind it, most often Node's. @default none */
  readonly cause?: unknown
  /** HTTP status of the answer, where there was one. */
  readonly status?: number | undefined
}

/**
 * Failure to open a link or to keep it. The message names the address, the likely cause and the remedy; match on
 * `code`, never on the text.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  /** Stable error code; the text may change. */
  readonly code: TransportErrorCode
  /** HTTP status of the answer (`ERR_TRANSPORT_UPGRADE_REFUSED`, `ERR_TRANSPORT_PROXY`, `ERR_TRANSPORT_REDIRECTS`). */
  readonly status: number | undefined

  constructor(code: TransportErrorCode, message: string, options: TransportErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.status = options.status
  }
}

/** Returns the `code` of a system or TLS error, or an empty string. */
export function systemCodeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}
