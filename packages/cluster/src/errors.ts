/** Codes of {@link ClusterError}; see docs/errors.md. */
export const clusterErrorCodes = [
  'ERR_CLUSTER_NODE',
  'ERR_CLUSTER_NODE_GONE',
  'ERR_CLUSTER_STORE',
  'ERR_CLUSTER_STORE_REFUSED',
] as const

/** One of {@link clusterErrorCodes}. */
export type ClusterErrorCode = (typeof clusterErrorCodes)[number]

/** An error between nodes. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  /** Stable error code; the text may change. */
  readonly code: ClusterErrorCode

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
