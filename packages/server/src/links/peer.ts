import type { Session } from '@ls/mux'
import type { AccessTicket } from '../tickets/access-ticket.js'
import type { TokenRecord } from '../tokens/token-registry.js'

/** Client at the other end of a session. */
export interface Peer {
  /** Its session, which continues over reconnects. */
  readonly session: Session
  /** Its token: decides its rights, and the tenant of its channels and counts. */
  readonly record: TokenRecord
  /** Id of the client process, as hex: the same on each of its links and after each reconnect. */
  readonly instance: string
  /** The ticket that it sent in place of the token, with its rights; undefined for one that has the token. */
  readonly ticket?: AccessTicket | undefined
  /** Address of its last link. */
  remoteAddress: string
  /** Time of its first link, in milliseconds of the server's clock. */
  readonly connectedAtMs: number
}

/** Identity that a client gave when it opened a link. */
export interface Identity {
  readonly record: TokenRecord
  readonly instance: string
  readonly ticket?: AccessTicket | undefined
}
