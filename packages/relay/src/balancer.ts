import type { Clock, TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { Cancellation } from './cancellation.js'
import { RelayError } from './errors.js'

/** How long to wait for a session, and the clock to use. */
export interface BalancerOptions {
  /** Times the wait. */
  readonly clock: Clock
  /** How long a request waits for the first session, in milliseconds. @default 10000 (protocol.md §1) */
  readonly waitMs?: number
}

interface Waiter {
  resolve(session: Session): void
  reject(error: Error): void
  readonly timer: TimerHandle
  readonly signal: Cancellation
  readonly onAbort: () => void
}

/**
 * Chooses among the sessions of one kind of peer, round robin, one choice per channel (protocol.md §1). Skips sessions
 * whose link is down, and sessions that may be asleep if there is another. Without any, requests wait.
 */
export class Balancer {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #sessions: Session[] = []
  readonly #waiters = new Set<Waiter>()
  #next = 0

  constructor(options: BalancerOptions) {
    this.#clock = options.clock
    this.#waitMs = options.waitMs ?? 10_000
  }

  /** Number of sessions. */
  get size(): number {
    return this.#sessions.length
  }

  /** Adds `session` to the rotation. */
  add(session: Session): void {
    if (!this.#sessions.includes(session)) this.#sessions.push(session)
    this.wake()
  }

  /** Removes it from the rotation. */
  remove(session: Session): void {
    const index = this.#sessions.indexOf(session)
    if (index < 0) return
    this.#sessions.splice(index, 1)
    if (index < this.#next) this.#next--
  }

  /** A session's link is up (again): waiting requests can go on. */
  wake(): void {
    for (const waiter of this.#waiters) {
      const session = this.#turn()
      if (session === undefined) return
      this.#settle(waiter)
      waiter.resolve(session)
    }
  }

  /** The next live session. @throws RelayError `no-provider` when none came within `waitMs` */
  pick(signal: Cancellation, waitMs = this.#waitMs): Session | Promise<Session> {
    return this.#turn() ?? this.#wait(signal, waitMs)
  }

  /** A live session not in `tried`, for an open that those do not answer; does not use up its turn. */
  other(tried: ReadonlySet<Session>): Session | undefined {
    const isFresh = (session: Session): boolean => !tried.has(session) && session.state === 'linked' && !session.overdue
    return [...this.#sessions.slice(this.#next), ...this.#sessions.slice(0, this.#next)].find(isFresh)
  }

  /** Fails all waiting requests with `no-provider`. */
  close(): void {
    for (const waiter of this.#waiters) {
      this.#settle(waiter)
      waiter.reject(new RelayError({ word: 'no-provider', detail: 'this end is shutting down' }))
    }
  }

  /** Sessions with an overdue ping come last: they may be asleep. */
  #turn(): Session | undefined {
    return this.#nextOf((session) => !session.overdue) ?? this.#nextOf(() => true)
  }

  #nextOf(isWanted: (session: Session) => boolean): Session | undefined {
    for (let tries = this.#sessions.length; tries > 0; tries--) {
      if (this.#next >= this.#sessions.length) this.#next = 0
      const session = this.#sessions[this.#next++]
      if (session?.state === 'linked' && isWanted(session)) return session
    }
    return undefined
  }

  #wait(signal: Cancellation, waitMs: number): Promise<Session> {
    const clock = this.#clock
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        this.#settle(waiter)
        reject(new RelayError({ word: 'no-provider', detail: `none was connected within ${waitMs} ms` }))
      }, waitMs)
      const onAbort = (): void => {
        this.#settle(waiter)
        const reason = signal.reason as Error
        reject(reason)
      }
      const waiter: Waiter = { resolve, reject, timer, signal, onAbort }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  #settle(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    this.#clock.clearTimeout(waiter.timer)
    waiter.signal.removeEventListener('abort', waiter.onAbort)
  }
}
