import type { Snapshot } from '@ls/foundation'

/** Other processes of the same server. All answer the management API together, see the option `siblings`. */
export interface Siblings {
  /** Path of the UNIX socket at which this process answers the others; only their user may have access to it. */
  readonly ownPath: string
  /** Paths of the sockets of the others that run now. */
  others(): readonly string[]
  /** Adds up the numbers of all processes. */
  mergeSnapshots(all: readonly Snapshot[]): Snapshot
}

/** Field of a request by which one process asks another for its own part of an answer. */
export const aloneHeader = 'x-linksocks-alone'
