/** Why mux refused or ended something; see docs/errors.md. */
export type MuxErrorCode =
  | 'ERR_MUX_SESSION_CLOSED'
  | 'ERR_MUX_CHANNEL_CLOSED'
  | 'ERR_MUX_CHANNEL_REFUSED'
  | 'ERR_MUX_CHANNEL_ABORTED'
  | 'ERR_MUX_TOO_MANY_CHANNELS'
  | 'ERR_MUX_PROTOCOL'
  | 'ERR_MUX_TIMEOUT'

/**
 * A session or channel that is gone or was refused, or a peer that is too slow or breaks the protocol. Match on `code`;
 * the text says more.
 *
 * A caller's own mistake is a TypeError or RangeError instead.
 */
export class MuxError extends Error {
  override readonly name = 'MuxError'
  /** What went wrong; the text may change, this does not. */
  readonly code: MuxErrorCode

  constructor(code: MuxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
