import type { Clock, TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { Cancellation } from './cancellation.js'
import { RelayError } from './errors.js'

/** Options of a {@link Balancer}: the clock, and how long to wait for a session. */
export interface BalancerOptions {
  /** Clock for the wait. */
  readonly clock: Clock
  /** How long a request waits for the first session, in milliseconds. @default 10000 (protocol.md §1) */
  readonly waitMs?: number | undefined
}

/** Sessions that a request may get: those of peers on this node, or those of other nodes as well. */
type Reach = 'near' | 'all'

/** Chooses sessions for channels. */
export interface SessionChoice {
  /** Returns the next live session. @throws RelayError `no-provider` when none came within `waitMs` */
  pick(signal: Cancellation, waitMs?: number): Session | Promise<Session>
  /** Returns a live session not in `tried`. */
  other(tried: ReadonlySet<Session>): Session | undefined
  /** Whether a session leads to peers of another node, which may have left it when a channel comes there. */
  isFar(session: Session): boolean
}

interface Waiter {
  readonly reach: Reach
  resolve(session: Session): void
  reject(error: Error): void
  readonly timer: TimerHandle
  readonly signal: Cancellation
  readonly onAbort: () => void
}

/**
 * Chooses among the sessions of one kind of peer, round robin, one choice per channel (protocol.md §1). Skips sessions
 * whose link is down, and sessions that may be asleep if there is another. Sessions to other nodes come last. Without
 * any session, requests wait.
 */
export class Balancer implements SessionChoice {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #sessions: Session[] = []
  /** Sessions to peers of another node. */
  readonly #far = new Set<Session>()
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

  /** Whether requests wait for a session. */
  get isAwaited(): boolean {
    return this.#waiters.size > 0
  }

  /** Whether a session of a peer on this node has a link. */
  get hasNear(): boolean {
    return this.#sessions.some((session) => session.state === 'linked' && !this.#far.has(session))
  }

  /** Chooses among the sessions of peers on this node. */
  get near(): SessionChoice {
    return {
      pick: (signal, waitMs = this.#waitMs) => this.#pick(signal, waitMs, 'near'),
      other: (tried) => this.#other(tried, 'near'),
      isFar: () => false,
    }
  }

  /**
   * Adds `session` to the rotation.
   *
   * @param far Whether it leads to peers of another node.
   */
  add(session: Session, { far = false }: { readonly far?: boolean | undefined } = {}): void {
    if (far) this.#far.add(session)
    if (!this.#sessions.includes(session)) this.#sessions.push(session)
    this.wake()
  }

  /** Removes a session from the rotation. */
  remove(session: Session): void {
    const index = this.#sessions.indexOf(session)
    if (index < 0) return
    this.#far.delete(session)
    this.#sessions.splice(index, 1)
    if (index < this.#next) this.#next--
  }

  /** Handles a session whose link is up (again): waiting requests continue. */
  wake(): void {
    for (const waiter of this.#waiters) {
      const session = this.#turn(waiter.reach)
      if (session === undefined) continue
      this.#settle(waiter)
      waiter.resolve(session)
    }
  }

  /** Returns the next live session. @throws RelayError `no-provider` when none came within `waitMs` */
  pick(signal: Cancellation, waitMs = this.#waitMs): Session | Promise<Session> {
    return this.#pick(signal, waitMs, 'all')
  }

  /** Returns a live session not in `tried`, for an open that those do not answer; the session keeps its turn. */
  other(tried: ReadonlySet<Session>): Session | undefined {
    return this.#other(tried, 'all')
  }

  /** Whether a session leads to peers of another node. */
  isFar(session: Session): boolean {
    return this.#far.has(session)
  }

  /** Fails all waiting requests with `no-provider`. */
  close(): void {
    for (const waiter of this.#waiters) {
      this.#settle(waiter)
      waiter.reject(new RelayError({ word: 'no-provider', detail: 'this end is shutting down' }))
    }
  }

  #pick(signal: Cancellation, waitMs: number, reach: Reach): Session | Promise<Session> {
    return this.#turn(reach) ?? this.#wait(signal, waitMs, reach)
  }

  #other(tried: ReadonlySet<Session>, reach: Reach): Session | undefined {
    const isFresh = (session: Session): boolean => !tried.has(session) && session.state === 'linked' && !session.overdue
    const fresh = [...this.#sessions.slice(this.#next), ...this.#sessions.slice(0, this.#next)].filter(isFresh)
    const near = fresh.find((session) => !this.#far.has(session))
    return near ?? (reach === 'all' ? fresh[0] : undefined)
  }

  /** Next session; one with an overdue ping comes last, since it may be asleep. */
  #turn(reach: Reach): Session | undefined {
    const isNear = (session: Session): boolean => !this.#far.has(session)
    const awake = this.#nextOf((session) => isNear(session) && !session.overdue)
    if (reach === 'near') return awake ?? this.#nextOf(isNear)
    // Without sessions to other nodes, the last two repeat the rule above.
    return awake ?? this.#nextOf((session) => !session.overdue) ?? this.#nextOf(() => true)
  }

  #nextOf(isWanted: (session: Session) => boolean): Session | undefined {
    for (let tries = this.#sessions.length; tries > 0; tries--) {
      if (this.#next >= this.#sessions.length) this.#next = 0
      const session = this.#sessions[this.#next++]
      if (session?.state === 'linked' && isWanted(session)) return session
    }
    return undefined
  }

  #wait(signal: Cancellation, waitMs: number, reach: Reach): Promise<Session> {
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
      const waiter: Waiter = { reach, resolve, reject, timer, signal, onAbort }
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
