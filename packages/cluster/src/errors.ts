/** What can go wrong between nodes; see docs/errors.md. */
export const clusterErrorCodes = ['ERR_CLUSTER_NODE', 'ERR_CLUSTER_STORE'] as const

/** One of {@link clusterErrorCodes}. */
export type ClusterErrorCode = (typeof clusterErrorCodes)[number]

/** An error between nodes. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  /** Says what happened; stable over versions. */
  readonly code: ClusterErrorCode

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
