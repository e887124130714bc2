import { type Logger, textOf } from '@ls/foundation'
import type { ClusterStore } from '../store/cluster-store.js'

export interface OwnEntriesOptions {
  readonly store: Pick<ClusterStore, 'put' | 'delete'>
  readonly ownId: string
  readonly logger: Logger
  /** Start of the keys in the table `live`. */
  readonly prefix: string
}

/** Entries of one kind that this node writes about tokens: each one when it changes, and again when that failed. */
export class OwnEntries {
  readonly #options: OwnEntriesOptions
  /** Values in the store, by token: as many as there are tokens. Empty for one that must be written again. */
  readonly #published = new Map<string, string>()

  constructor(options: OwnEntriesOptions) {
    this.#options = options
  }

  /** Tokens of which the store may have an entry. */
  get tokens(): Iterable<string> {
    return this.#published.keys()
  }

  /** Lets the next calls write everything again: the store may have lost it. */
  writeAgain(): void {
    // The tokens stay: the store may have an entry of one that is no longer used.
    for (const token of this.#published.keys()) this.#published.set(token, '')
  }

  /** Writes an entry, unless the store has it. */
  write(token: string, value: string): void {
    if (this.#published.get(token) === value) return
    this.#published.set(token, value)
    this.#retryIfRefused(token, this.#options.store.put('live', this.#keyOf(token), value))
  }

  /** Writes the last entry of a token, which stays in the store. */
  writeLast(token: string, value: string): void {
    this.write(token, value)
    this.#published.delete(token)
  }

  remove(token: string): void {
    this.#published.delete(token)
    this.#retryIfRefused(token, this.#options.store.delete('live', this.#keyOf(token)))
  }

  #retryIfRefused(token: string, change: Promise<void>): void {
    const { logger, prefix } = this.#options
    change.catch((error: unknown) => {
      this.#published.set(token, '')
      logger.debug({ reason: textOf(error), entry: prefix }, 'other nodes could not be told of a token')
    })
  }

  #keyOf(token: string): string {
    const { prefix, ownId } = this.#options
    return `${prefix}.${ownId}.${token}`
  }
}
