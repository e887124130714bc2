/** Error codes for bytes from a peer. Each has a heading in `docs/errors`. */
export const codecErrorCodes = [
  'ERR_CODEC_TRUNCATED',
  'ERR_CODEC_VERSION',
  'ERR_CODEC_BAD_VALUE',
  'ERR_CODEC_TOO_LARGE',
  'ERR_CODEC_BAD_JSON',
  'ERR_CODEC_INFLATED_TOO_LARGE',
  'ERR_CODEC_BAD_GZIP',
] as const

/** One of {@link codecErrorCodes}. */
export type CodecErrorCode = (typeof codecErrorCodes)[number]

/**
 * Error for bytes from a peer that are not a message. Match on `code`; the text names the value and the limit.
 *
 * A caller's own mistake (a token of 300 bytes, an id of 15) is a TypeError or RangeError instead.
 */
export class CodecError extends Error {
  override readonly name = 'CodecError'
  /** Stable error code; the text may change. */
  readonly code: CodecErrorCode

  constructor(code: CodecErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
