import type { NameRegistry } from '../expose/hosts/name-registry.js'
import type { StoredToken } from '../state/state-content.js'
import type { KeptTickets, TicketClaims } from '../tickets/ticket-claims.js'
import type { ClusterStatus } from './cluster-status.js'

/** Calls that a server makes to the other nodes of its cluster. Only {@link share} waits for an answer. */
export interface OtherNodes {
  /** State of all nodes, for the API and metrics, and to know whether clients can be sent elsewhere. */
  readonly status: ClusterStatus
  /**
   * Called when a channel needs a provider and this node has none: opens links to nodes that have one.
   *
   * @param reverseKey `tokenKey` of the providers' token
   * @param owner Provider process that is needed; undefined for any
   */
  wanted(reverseKey: string, owner: string | undefined): void
  /** Called when peers of this reverse token connected, disconnected, or their links changed state. */
  peersChanged(reverseKey: string): void
  /**
   * Registers a token at all nodes. @throws ServerError when they have another one of this text, or cannot be reached
   * now
   */
  share(token: StoredToken): Promise<void>
  /** Whether the tokens that all nodes have survive a restart of the program, in a state file. @default false */
  readonly keepsTokens?: boolean
  /** Whether all nodes have a token of this `tokenKey`. */
  isShared(key: string): boolean
  /** Decides which client a ticket is for, where all processes have the same tickets. */
  readonly claims?: TicketClaims
  /** Keeps tickets for processes that start later. */
  readonly tickets?: KeptTickets
  /** Host names that providers of this node expose, where all processes serve them. */
  readonly names?: NameRegistry
  /** Called when tokens were removed here; shared ones are then removed at all nodes. */
  tokensRemoved(keys: readonly string[]): void
}
