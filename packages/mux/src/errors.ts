/** Why mux refused or ended something; see docs/errors.md. */
export type MuxErrorCode =
  | 'ERR_MUX_SESSION_CLOSED'
  | 'ERR_MUX_CHANNEL_CLOSED'
  | 'ERR_MUX_CHANNEL_REFUSED'
  | 'ERR_MUX_CHANNEL_ABORTED'
  | 'ERR_MUX_TOO_MANY_CHANNELS'
  | 'ERR_MUX_PROTOCOL'
  | 'ERR_MUX_TIMEOUT'

export class MuxError extends Error {
  override readonly name = 'MuxError'
  readonly code: MuxErrorCode

  constructor(code: MuxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
