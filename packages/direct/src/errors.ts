/** Codes of {@link DirectError}, see docs/errors.md. */
export type DirectErrorCode =
  | 'ERR_DIRECT_UNAVAILABLE'
  | 'ERR_DIRECT_PROTOCOL'
  | 'ERR_DIRECT_PROOF'
  | 'ERR_DIRECT_PATH'
  | 'ERR_DIRECT_ELSEWHERE'
  | 'ERR_DIRECT_TAKEN'
  | 'ERR_DIRECT_MAPPING'

/** Reason why there is no direct path. */
export class DirectError extends Error {
  override readonly name = 'DirectError'
  /** Stable error code; the text may change. */
  readonly code: DirectErrorCode

  constructor(code: DirectErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
