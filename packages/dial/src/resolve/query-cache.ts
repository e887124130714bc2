import { type Clock, systemClock } from '@ls/foundation'
import type { FairQueue } from './fair-queue.js'

/** A result, and the time for which it may be reused, in milliseconds. */
export interface CacheableResult<T> {
  readonly value: T
  readonly keepMs: number
}

export interface QueryCacheOptions<T> {
  readonly queue: FairQueue
  /** Runs a query; must not reject. */
  readonly ask: (key: string) => Promise<CacheableResult<T>>
  /**
   * Longest time that callers wait for `ask`, in milliseconds. Its place in the queue stays in use until it settles.
   */
  readonly timeoutMs: number
  /** Result for callers after that time. */
  readonly onTimeout: (key: string) => T
  /** Result for callers if too many queries wait. */
  readonly onFull: (key: string) => T
  /** Most findings kept; the oldest is removed first. @default 4096, about 1 MiB */
  readonly maxKept?: number | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

interface Kept<T> {
  readonly value: T
  readonly untilMs: number
}

type Listener<T> = (value: T) => void

/** Runs each query once for all its callers, a limited number at a time, and caches the results. */
export class QueryCache<T> {
  readonly #options: QueryCacheOptions<T>
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept<T>>()
  readonly #asking = new Map<string, Set<Listener<T>>>()

  constructor(options: QueryCacheOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Calls `listener` once, immediately if the result is cached, unless the returned function is called before. */
  query(key: string, tenant: unknown, listener: Listener<T>): () => void {
    const known = this.#answerFrom(key, listener)
    if (known !== undefined) return known
    let leave: () => void = () => {}
    const takeOut = this.#options.queue.add(tenant, (release) => {
      // The query may have been answered while this one waited.
      const joined = this.#answerFrom(key, listener)
      leave = joined ?? this.#ask(key, listener, release)
      if (joined !== undefined) release()
    })
    if (takeOut === undefined) listener(this.#options.onFull(key))
    return () => {
      takeOut?.()
      leave()
    }
  }

  /** Clears the cache, for instance when the servers change. */
  clear(): void {
    this.#kept.clear()
  }

  #answerFrom(key: string, listener: Listener<T>): (() => void) | undefined {
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.untilMs > this.#clock.now()) {
      listener(kept.value)
      return () => {}
    }
    const listeners = this.#asking.get(key)
    if (listeners === undefined) return undefined
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  #ask(key: string, listener: Listener<T>, release: () => void): () => void {
    const { ask, timeoutMs, onTimeout } = this.#options
    const listeners = new Set([listener])
    this.#asking.set(key, listeners)
    const tell = (value: T): void => {
      this.#clock.clearTimeout(timer)
      if (this.#asking.get(key) === listeners) this.#asking.delete(key)
      for (const each of listeners) each(value)
      listeners.clear()
    }
    const timer = this.#clock.setTimeout(() => tell(onTimeout(key)), timeoutMs)
    void ask(key).then(({ value, keepMs }) => {
      if (keepMs > 0) this.#keep(key, { value, untilMs: this.#clock.now() + keepMs })
      release()
      tell(value)
    })
    return () => listeners.delete(listener)
  }

  #keep(key: string, kept: Kept<T>): void {
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (this.#kept.size <= (this.#options.maxKept ?? 4096)) return
    const oldest = this.#kept.keys().next().value
    if (oldest !== undefined) this.#kept.delete(oldest)
  }
}
