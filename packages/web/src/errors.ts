/** Codes of {@link WebError}; each has a heading in docs/errors.md. */
export type WebErrorCode =
  | 'ERR_WEB_UNREACHABLE'
  | 'ERR_WEB_REFUSED'
  | 'ERR_WEB_BROKEN'
  | 'ERR_WEB_CLOSED'
  | 'ERR_WEB_HTTP'

/** Error of a socket or a request of a page; see docs/errors.md. */
export class WebError extends Error {
  override readonly name = 'WebError'
  /** Stable error code; the text may change. */
  readonly code: WebErrorCode

  constructor(code: WebErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
