/**
 * `live`: what holds while a node runs. An entry may be forgotten ten minutes after it was written. `tokens`: what
 * outlives all nodes.
 */
export type Table = 'live' | 'tokens'

/** A value, and the number of the change that made it. */
export interface StoreEntry {
  /** A text, mostly JSON. */
  readonly value: string
  /** Grows with each change of the table. */
  readonly revision: number
}

/** Is told what is in the store. */
export interface StoreWatcher {
  /**
   * An entry is there, has changed, or is gone (undefined). Told once more for all entries after each loss of the
   * store.
   */
  entry(table: Table, key: string, entry: StoreEntry | undefined): void
  /** All entries that there were have been told: at the start, and each time the store is back. */
  synced(): void
  /** The store cannot be reached. What was told may be old from now on. */
  lost(): void
}

/**
 * What all nodes of a cluster know. One contract with several engines; one suite in `tests/e2e/cluster` checks them
 * all.
 *
 * Keys have the characters of NATS keys: letters, digits, `-`, `_`, `=`, `/` and `.`. All changes reject while the
 * store cannot be reached.
 */
export interface ClusterStore {
  /** Begins to watch. Rejects where the store cannot be reached at all; later losses are its own matter. */
  open(watcher: StoreWatcher): Promise<void>
  /** Writes an entry, whatever was there. */
  put(table: Table, key: string, value: string): Promise<void>
  /**
   * Writes an entry that nobody else has changed (compare and set). Resolves with its new revision, or undefined if
   * somebody has.
   *
   * @param revision The one that is replaced; 0 for an entry that must not be there
   */
  replace(table: Table, key: string, value: string, revision: number): Promise<number | undefined>
  /** Removes an entry, if it is there. */
  delete(table: Table, key: string): Promise<void>
  /** Ends the watch and the connection. */
  close(): Promise<void>
}
