/** Codes of a {@link MuxError}; see docs/errors.md. */
export type MuxErrorCode =
  | 'ERR_MUX_SESSION_CLOSED'
  | 'ERR_MUX_CHANNEL_CLOSED'
  | 'ERR_MUX_CHANNEL_REFUSED'
  | 'ERR_MUX_CHANNEL_ABORTED'
  | 'ERR_MUX_TOO_MANY_CHANNELS'
  | 'ERR_MUX_PROTOCOL'
  | 'ERR_MUX_TIMEOUT'

/**
 * Error of a session or channel that is gone or was refused, or of a peer that is too slow or breaks the protocol.
 * Match on `code`; the text gives details.
 *
 * A caller's own mistake is a TypeError or RangeError instead.
 */
export class MuxError extends Error {
  override readonly name = 'MuxError'
  /** Code of the error; unlike the text it is stable. */
  readonly code: MuxErrorCode

  constructor(code: MuxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
