import type { Duplex } from 'node:stream'

/**
 * Finds the process that has a session, where several processes share their clients: an old process beside the new one
 * that has taken its ports, or the nodes of a cluster. A client that lost its link may reconnect to any of them. That
 * process passes the link to the owner, byte for byte.
 */
export interface SessionOwners {
  /** Id of this process: 8 hex digits. The ids of its sessions begin with it. */
  readonly ownId: string
  /**
   * The owner of a session that this process does not have; undefined if no owner is known. The session is then lost,
   * and the client gets a new one here.
   *
   * @param sessionId 32 hex digits, as the client sent them; they may be made up.
   */
  findOwner(sessionId: string): SessionOwner | undefined
}

/** A process that has sessions. */
export interface SessionOwner {
  /**
   * Connects to the place where the owner accepts passed links; see `ports.listenForPassed` of `LinkSocksServer`.
   * Rejects if the owner cannot be reached: the client then tries again, which calls `findOwner` again. `findOwner`
   * must not return an owner that is gone for good, or its clients would wait until their sessions expire.
   */
  connect(): Promise<Duplex>
}
