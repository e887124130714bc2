/** Every way a batcher can be used too late. Each has a heading in `docs/errors`. */
export const batchingErrorCodes = ['ERR_BATCHING_CLOSED'] as const

/** One of {@link batchingErrorCodes}. */
export type BatchingErrorCode = (typeof batchingErrorCodes)[number]

/** Match on `code`; wrong options are a RangeError or TypeError instead. */
export class BatchingError extends Error {
  override readonly name = 'BatchingError'
  /** What went wrong; the text may change, this does not. */
  readonly code: BatchingErrorCode

  constructor(code: BatchingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
