import { type Clock, Pause } from '@ls/foundation'
import { ClusterError } from '../errors.js'
import type { ClusterStore, StoreEntry } from '../store/cluster-store.js'

export interface SharedEntriesOptions<T> {
  readonly store: Pick<ClusterStore, 'replace' | 'delete'>
  readonly clock: Clock
  /** Start of the keys in the table `live`. */
  readonly prefix: string
  /** Parses a value; undefined for a text that another program has written. */
  read(text: string): T | undefined
  write(value: T): string
}

/** Most attempts to change an entry that other nodes change at the same time. */
const maxAttempts = 10

/** Time in which the change of another node must be told, in milliseconds. */
const toldMs = 2000

interface Known<T> {
  /** Undefined for a text that cannot be read. */
  readonly value: T | undefined
  readonly revision: number
}

/** Entries of one kind that nodes change by compare-and-set, and this node's copy of them. */
export class SharedEntries<T> {
  readonly #options: SharedEntriesOptions<T>
  /** Entries by key. Their number is limited by those who change them. */
  readonly #known = new Map<string, Known<T>>()
  /** Waits for the next change of an entry, by key. */
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(options: SharedEntriesOptions<T>) {
    this.#options = options
  }

  get size(): number {
    return this.#known.size
  }

  /** All values that can be read. */
  get values(): T[] {
    return [...this.#known.values()].flatMap(({ value }) => value ?? [])
  }

  get(key: string): T | undefined {
    return this.#known.get(key)?.value
  }

  /** Handles an entry of the store; undefined if it was removed. Returns false for one that is older than the copy. */
  entry(key: string, entry: StoreEntry | undefined): boolean {
    const known = this.#known.get(key)
    if (entry !== undefined && known !== undefined && known.revision > entry.revision) return false
    if (entry === undefined) this.#known.delete(key)
    else this.#known.set(key, { value: this.#options.read(entry.value), revision: entry.revision })
    for (const resolve of this.#waiting.get(key) ?? []) resolve()
    return true
  }

  /**
   * Changes an entry. Resolves with the value that it has then.
   *
   * @param change Called with each value that another node has set first; returns the value to set, or undefined for
   * no change
   * @throws ClusterError when others change it all the time, or the store does not tell what it has; the error of the
   * store, or of `change`
   */
  async change(key: string, change: (value: T | undefined) => T | undefined): Promise<T | undefined> {
    const { store, prefix, write } = this.#options
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const known = this.#known.get(key)
      const next = change(known?.value)
      if (next === undefined) return known?.value
      // Waits already now: the change of another node may be told before the store refuses this one.
      const { told, end } = this.#nextChange(key)
      try {
        const text = write(next)
        const revision = await store.replace('live', `${prefix}.${key}`, text, known?.revision ?? 0)
        if (revision !== undefined) {
          this.entry(key, { value: text, revision })
          return next
        }
        if (!(await told)) throw new ClusterError('ERR_CLUSTER_STORE', 'the store has an entry that it does not tell')
      } finally {
        end()
      }
    }
    throw new ClusterError('ERR_CLUSTER_STORE', 'the entry is changed by others all the time')
  }

  /** Removes an entry, unless another node has changed it since this node was told. @throws the error of the store */
  async delete(key: string): Promise<void> {
    const { store, prefix } = this.#options
    const known = this.#known.get(key)
    if (known !== undefined) await store.delete('live', `${prefix}.${key}`, known.revision)
  }

  /** `told` resolves with true when the entry changes, and with false after the time in which it should have. */
  #nextChange(key: string): { readonly told: Promise<boolean>; end(): void } {
    const pause = new Pause(this.#options.clock)
    const waiting = this.#waiting.get(key) ?? new Set()
    let isTold = false
    const tell = (): void => {
      isTold = true
      pause.end()
    }
    this.#waiting.set(key, waiting.add(tell))
    const end = (): void => {
      waiting.delete(tell)
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key)
      pause.end()
    }
    return { told: pause.wait(toldMs).then(() => isTold), end }
  }
}
