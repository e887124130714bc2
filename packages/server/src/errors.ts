/** Codes of {@link ServerError}; each has a heading in docs/errors.md. */
export type ServerErrorCode =
  | 'ERR_SERVER_NO_CLUSTER'
  | 'ERR_SERVER_TOKEN_EXISTS'
  | 'ERR_SERVER_TOKEN_RESERVED'
  | 'ERR_SERVER_TOKEN_INVALID'
  | 'ERR_SERVER_TOO_MANY_TOKENS'
  | 'ERR_SERVER_NO_REVERSE_TOKEN'
  | 'ERR_SERVER_PORT_TAKEN'
  | 'ERR_SERVER_EXPOSE_REFUSED'
  | 'ERR_SERVER_CLOSED'
  | 'ERR_SERVER_STATE'

/** Error with which the server refuses a call. Match on `code`; the message is for the person who made the call. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  /** Stable error code; the text may change. */
  readonly code: ServerErrorCode

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
