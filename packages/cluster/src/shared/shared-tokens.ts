import { type Logger, textOf } from '@ls/foundation'
import { type LocalNode, ServerError, type StoredToken, tokenKey } from '@ls/server'
import type { ClusterStore, StoreEntry } from '../store/cluster-store.js'

export interface SharedTokensOptions {
  readonly store: ClusterStore
  readonly logger: Logger
  /** The server; undefined before the node has joined. */
  localNode(): LocalNode | undefined
}

/**
 * Tokens that all nodes have. The local copy makes a lookup work without a request, also while the store cannot be
 * reached.
 */
export class SharedTokens {
  readonly #options: SharedTokensOptions
  /** Entries by `tokenKey`. */
  readonly #entries = new Map<string, StoreEntry>()
  /** Keys seen since the store was last lost. */
  readonly #seen = new Set<string>()
  /** Tokens that could not be registered yet: the token that they lead to may still come. */
  readonly #waiting = new Map<string, string>()
  /** Keys of tokens removed here while the store could not be reached. */
  readonly #removed = new Set<string>()
  /** Those of them whose removal the store has refused. */
  readonly #unremoved = new Set<string>()
  /** Keys of tokens that are being written to a store that has lost them. */
  readonly #writing = new Set<string>()

  constructor(options: SharedTokensOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /**
   * Registers a token at all nodes. @throws ServerError when they have another one of this text, or cannot be reached
   */
  async share(token: StoredToken): Promise<void> {
    const key = tokenKey(token.token)
    const value = JSON.stringify(token)
    const known = this.#entries.get(key)
    if (known?.value === value) return
    const revision = await this.#replace(key, value, known?.revision ?? 0)
    if (revision === undefined) throw new ServerError('ERR_SERVER_TOKEN_EXISTS', 'token already exists at another node')
    this.#removed.delete(key)
    this.#entries.set(key, { value, revision })
    this.#seen.add(key)
  }

  /** Handles the removal of tokens on this node. */
  removed(keys: readonly string[]): void {
    for (const key of keys) {
      this.#waiting.delete(key)
      if (!this.#entries.delete(key)) continue
      this.#removed.add(key)
      this.#removeFromStore(key)
    }
  }

  /** Handles an entry of the store; undefined if it was removed. */
  entry(key: string, entry: StoreEntry | undefined): void {
    if (entry === undefined) return this.#gone(key)
    // A store that has lost its data counts revisions from 1 again.
    const isFirst = !this.#seen.has(key)
    this.#seen.add(key)
    if (this.#removed.has(key)) return this.#removeFromStore(key)
    const known = this.#entries.get(key)
    if (known !== undefined && known.revision > entry.revision && !isFirst) return
    this.#entries.set(key, entry)
    if (known?.value !== entry.value) this.#register(key, entry.value)
  }

  /** Removes and writes tokens again where the store has refused it while its connection stayed open. */
  retryFailed(): void {
    const keys = [...this.#unremoved]
    this.#unremoved.clear()
    for (const key of keys) if (this.#removed.has(key)) this.#removeFromStore(key)
    this.synced()
  }

  lost(): void {
    this.#seen.clear()
  }

  /** Handles the return of the store: a store that has lost its data gets the tokens again. */
  synced(): void {
    for (const [key, { value }] of this.#entries) {
      if (!this.#seen.has(key)) this.#writeAgain(key, value)
    }
  }

  #writeAgain(key: string, value: string): void {
    if (this.#writing.has(key)) return
    this.#writing.add(key)
    const { store } = this.#options
    // Tried again a second later: see `retryFailed`.
    const written = store.replace('tokens', key, value, 0).catch(() => {})
    void written.then(() => this.#writing.delete(key))
  }

  async #replace(key: string, value: string, revision: number): Promise<number | undefined> {
    try {
      return await this.#options.store.replace('tokens', key, value, revision)
    } catch (error) {
      const text = `the token cannot be written to the cluster now: ${textOf(error)}`
      throw new ServerError('ERR_SERVER_NO_CLUSTER', text, { cause: error })
    }
  }

  #removeFromStore(key: string): void {
    // Tried again a second later, and when the store is back: see `retryFailed` and `entry`.
    this.#options.store.delete('tokens', key).catch(() => void this.#unremoved.add(key))
  }

  #gone(key: string): void {
    this.#removed.delete(key)
    this.#waiting.delete(key)
    if (!this.#entries.delete(key)) return
    const { logger, localNode } = this.#options
    localNode()
      ?.removeToken(key)
      .catch((error: unknown) => logger.error({ reason: textOf(error) }, 'a token of the cluster could not be removed'))
  }

  #register(key: string, value: string): void {
    const { localNode, logger } = this.#options
    try {
      const token = localNode()?.addToken(value)
      this.#waiting.delete(key)
      if (token?.kind === 'reverse') this.#registerWaiting()
    } catch (error) {
      this.#waiting.set(key, value)
      logger.warn({ reason: textOf(error) }, 'a token of the cluster could not be registered here')
    }
  }

  #registerWaiting(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [key, value] of waiting) this.#register(key, value)
  }
}
