import type { Session } from '@ls/mux'
import type { TokenRecord } from '../tokens/token-registry.js'

/** Who is at the other end of a session. */
export interface Peer {
  /** Its link, over all reconnects. */
  readonly session: Session
  /** The token it showed: decides what it may do, and whose channels and counts it belongs to. */
  readonly record: TokenRecord
  /** Names the client process, as hex: the same on each of its links and after each reconnect. */
  readonly instance: string
  /** Where its last link came from. */
  remoteAddress: string
  /** When its first link came, in milliseconds of the server's clock. */
  readonly connectedAtMs: number
}

/** What a client showed of itself when it opened a link. */
export interface Identity {
  readonly record: TokenRecord
  readonly instance: string
}
