/** Codes of {@link ClientError}; each has a heading in docs/errors.md. */
export type ClientErrorCode =
  | 'ERR_CLIENT_REFUSED'
  | 'ERR_CLIENT_HANDSHAKE'
  | 'ERR_CLIENT_CONNECTOR_REFUSED'
  | 'ERR_CLIENT_NO_LINK'
  | 'ERR_CLIENT_CLOSED'

/** Error of a client that has stopped or refused a call; see docs/errors.md. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  /** Stable error code; the text may change. */
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
