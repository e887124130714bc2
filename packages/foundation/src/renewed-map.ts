/**
 * A map for many short-lived entries, such as connections, which V8 then frees early (decision 112).
 *
 * A Map that is full gets a new table. The old table keeps its entries, and refers to the new one. Once a table of the
 * old generation is garbage, collections of the young generation still count it as used: they keep all later tables,
 * with entries that were deleted long ago, until a full collection. So this map copies its entries into a new Map now
 * and then: no older table refers to that.
 *
 * An iteration may miss what changes after a `set` during it.
 */
export class RenewedMap<K, V> {
  #map = new Map<K, V>()
  /** Entries to set before the next copy. */
  #left = minSets

  /** Number of entries. */
  get size(): number {
    return this.#map.size
  }

  /** Returns the value of a key; undefined without one. */
  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  /** Whether the key has a value. */
  has(key: K): boolean {
    return this.#map.has(key)
  }

  /** Sets the value of a key. */
  set(key: K, value: V): void {
    if (this.#left-- === 0) {
      this.#map = new Map(this.#map)
      this.#left = minSets + this.#map.size
    }
    this.#map.set(key, value)
  }

  /** Removes a key; returns whether it was there. */
  delete(key: K): boolean {
    return this.#map.delete(key)
  }

  /** Removes all entries. */
  clear(): void {
    this.#map = new Map()
  }

  /** Iterates over the values, in the order in which their keys were set first. */
  values(): IterableIterator<V> {
    return this.#map.values()
  }

  /** Iterates over keys and values, in the order in which they were set first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#map.entries()
  }
}

/**
 * Least number of entries set between two copies. As many more as the map has entries are set, so that a `set` copies
 * at most one entry on average.
 */
const minSets = 256
