import { type Clock, systemClock } from '@ls/foundation'
import type { FairQueue } from './fair-queue.js'

/** What was found out, and for how long it may be used again, in milliseconds. */
export interface Finding<T> {
  readonly value: T
  readonly keepMs: number
}

export interface QueryDeskOptions<T> {
  readonly queue: FairQueue
  /** Finds something out; must not reject. */
  readonly ask: (key: string) => Promise<Finding<T>>
  /** How long those who asked wait for `ask`, in milliseconds. Its place in the queue stays taken until it has settled. */
  readonly timeoutMs: number
  /** What they hear where that is over. */
  readonly onTimeout: (key: string) => T
  /** What they hear where too many questions wait. */
  readonly onFull: (key: string) => T
  /** Findings kept; the oldest makes room. @default 4096, about 1 MiB */
  readonly maxKept?: number
  /** @default systemClock */
  readonly clock?: Clock
}

interface Kept<T> {
  readonly value: T
  readonly untilMs: number
}

type Listener<T> = (value: T) => void

/** Asks each question once, however many want to know, a limited number at a time, and remembers what was found. */
export class QueryDesk<T> {
  readonly #options: QueryDeskOptions<T>
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept<T>>()
  readonly #asking = new Map<string, Set<Listener<T>>>()

  constructor(options: QueryDeskOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Calls `listener` once, at once where the answer is known, unless the function returned is called before. */
  query(key: string, tenant: unknown, listener: Listener<T>): () => void {
    const known = this.#answerFrom(key, listener)
    if (known !== undefined) return known
    let leave: () => void = () => {}
    const takeOut = this.#options.queue.add(tenant, (release) => {
      // Somebody else may have asked while this one waited.
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

  /** Forgets what it knows, for instance when other servers are to be asked. */
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
