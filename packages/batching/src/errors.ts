/** Error codes of a batcher. Each has a heading in `docs/errors`. */
export const batchingErrorCodes = ['ERR_BATCHING_CLOSED'] as const

/** One of {@link batchingErrorCodes}. */
export type BatchingErrorCode = (typeof batchingErrorCodes)[number]

/** Error of a batcher. Match on `code`; wrong options are a RangeError or TypeError instead. */
export class BatchingError extends Error {
  override readonly name = 'BatchingError'
  /** Stable error code; the text may change. */
  readonly code: BatchingErrorCode

  constructor(code: BatchingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
