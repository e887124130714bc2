import type { Duplex } from 'node:stream'

/**
 * Finds the process that has a session, where several share their clients: an old process beside the new one that has
 * taken its ports, or the nodes of a cluster. A client that lost its link may come back to any of them. The process
 * that it comes to passes its link to the owner, byte for byte.
 */
export interface SessionOwners {
  /** Names this process: 8 hex digits. The ids of its sessions begin with it. */
  readonly ownId: string
  /**
   * The owner of a session that this process has not; undefined where nobody is known to have it. The session is then
   * over, and the client gets a new one here.
   *
   * @param sessionId 32 hex digits, from the client: nothing is known of them
   */
  findOwner(sessionId: string): SessionOwner | undefined
}

/** A process that has sessions. */
export interface SessionOwner {
  /**
   * Connects to the place where it takes passed links; see `ports.listenForPassed` of `LinkSocksServer`. Rejects where
   * it cannot be reached: the client is then told to try again, and `findOwner` is asked anew. An owner that is gone
   * for good must not be found again, or its clients would wait for the end of their sessions.
   */
  connect(): Promise<Duplex>
}
