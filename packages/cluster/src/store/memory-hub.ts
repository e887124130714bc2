import type { ClusterStore, StoreEntry, StoreWatcher, Table } from './cluster-store.js'

/** Store of nodes in one process: for tests, and for several servers in one program. */
export class MemoryHub {
  readonly #entries = new Map<string, StoreEntry & { readonly table: Table; readonly key: string }>()
  readonly #watchers = new Set<StoreWatcher>()
  #revision = 0
  #isUp = true

  /** Removes all entries, like a server without a disk that is stopped. Revisions begin anew. */
  forget(): void {
    this.#entries.clear()
    this.#revision = 0
  }

  /** Simulates a stop or start of its server. */
  setUp(isUp: boolean): void {
    if (this.#isUp === isUp) return
    this.#isUp = isUp
    for (const watcher of this.#watchers) {
      if (isUp) this.#tellAll(watcher)
      else watcher.lost()
    }
  }

  /** Creates the store for one node. */
  store(): ClusterStore {
    let own: StoreWatcher | undefined
    return {
      open: async (watcher) => {
        this.#check()
        own = watcher
        this.#watchers.add(watcher)
        this.#tellAll(watcher)
      },
      put: async (table, key, value) => void this.#set(table, key, value),
      replace: async (table, key, value, revision) => {
        this.#check()
        const current = this.#entries.get(nameOf(table, key))?.revision ?? 0
        return current === revision ? this.#set(table, key, value) : undefined
      },
      delete: async (table, key, revision) => {
        this.#check()
        if (revision !== undefined && this.#entries.get(nameOf(table, key))?.revision !== revision) return
        this.#entries.delete(nameOf(table, key))
        this.#tell(table, key, undefined)
      },
      close: async () => void (own && this.#watchers.delete(own)),
    }
  }

  #set(table: Table, key: string, value: string): number {
    this.#check()
    const entry = { table, key, value, revision: ++this.#revision }
    this.#entries.set(nameOf(table, key), entry)
    this.#tell(table, key, entry)
    return entry.revision
  }

  #check(): void {
    if (!this.#isUp) throw new Error('the store is stopped')
  }

  #tellAll(watcher: StoreWatcher): void {
    const all = [...this.#entries.values()]
    setImmediate(() => {
      if (!this.#watchers.has(watcher)) return
      for (const entry of all) watcher.entry(entry.table, entry.key, entry)
      watcher.synced()
    })
  }

  /** Notifies watchers later, as over a network. */
  #tell(table: Table, key: string, entry: StoreEntry | undefined): void {
    setImmediate(() => {
      for (const watcher of this.#watchers) watcher.entry(table, key, entry)
    })
  }
}

function nameOf(table: Table, key: string): string {
  return `${table} ${key}`
}
