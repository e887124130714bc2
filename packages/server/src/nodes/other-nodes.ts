import type { StoredToken } from '../state/state-content.js'

/** What a server tells the other nodes of its cluster, and asks of them. None of it waits, but for {@link share}. */
export interface OtherNodes {
  /**
   * A channel looks for a provider, and there is none here: links to nodes that have one are to be opened.
   *
   * @param reverseKey `tokenKey` of the providers' token
   * @param owner The provider process it must be; undefined for any
   */
  wanted(reverseKey: string, owner: string | undefined): void
  /** Peers of this reverse token came, went, or have another state of their link. */
  peersChanged(reverseKey: string): void
  /** Registers a token at all nodes. @throws ServerError when they have another of this text, or cannot be told now */
  share(token: StoredToken): Promise<void>
  /** Whether all nodes have a token of this `tokenKey`. */
  isShared(key: string): boolean
  /** Tokens were removed here, and are to be removed everywhere if they were shared. */
  tokensRemoved(keys: readonly string[]): void
}
