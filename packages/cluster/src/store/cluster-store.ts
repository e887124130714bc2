/**
 * Table of the store. `live`: data of running nodes; an entry may be removed ten minutes after it was written.
 * `tokens`: data that survives all nodes.
 */
export type Table = 'live' | 'tokens'

/** A value, and the number of the change that wrote it. */
export interface StoreEntry {
  /** A text, mostly JSON. */
  readonly value: string
  /** Number that grows with each change of the table. */
  readonly revision: number
}

/** Receives the entries of the store. */
export interface StoreWatcher {
  /**
   * An entry was found, has changed, or was removed (undefined). Called again for all entries after each loss of the
   * store.
   */
  entry(table: Table, key: string, entry: StoreEntry | undefined): void
  /** All existing entries have been passed to {@link entry}: at the start, and each time the store is back. */
  synced(): void
  /** The store cannot be reached. The entries received so far may be outdated from now on. */
  lost(): void
}

/**
 * Data that all nodes of a cluster share. The interface has several implementations; one suite in `tests/e2e/cluster`
 * checks them all.
 *
 * Keys have the characters of NATS keys: letters, digits, `-`, `_`, `=`, `/` and `.`. All changes reject while the
 * store cannot be reached.
 */
export interface ClusterStore {
  /** Begins to watch. Rejects if the store cannot be reached at all; the store handles later losses itself. */
  open(watcher: StoreWatcher): Promise<void>
  /** Writes an entry and replaces any existing one. */
  put(table: Table, key: string, value: string): Promise<void>
  /**
   * Writes an entry if no other node has changed it (compare and set). Resolves with its new revision, or undefined
   * after another change.
   *
   * @param revision Revision to replace; 0 for an entry that must not exist
   */
  replace(table: Table, key: string, value: string, revision: number): Promise<number | undefined>
  /**
   * Removes an entry, if it exists. Nodes are told also of one that the store has not, since it may have lost its data.
   *
   * @param revision Revision that it must have; one that was changed by then stays. @default any
   */
  delete(table: Table, key: string, revision?: number): Promise<void>
  /** Ends the watch and the connection. */
  close(): Promise<void>
}
