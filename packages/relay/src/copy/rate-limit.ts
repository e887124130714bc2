import type { Clock, TimerHandle } from '@ls/foundation'

/** Options of a {@link RateLimit}. */
export interface RateLimitOptions {
  /** Source of time, for tests. */
  readonly clock: Clock
  /** Rate that all its connections share. */
  readonly bytesPerSecond: number
  /** Bytes that may pass in one burst after a pause. @default a tenth of a second's */
  readonly burstBytes?: number | undefined
}

/**
 * Token bucket that several connections share. A connection pays for a message after it was read, and then waits for
 * its turn if there is nothing left. The turn goes to the connection that has had the fewest bytes (start-time fair
 * queuing), so a keystroke does not wait behind downloads. A wait lasts as long as the last paid message takes.
 */
export class RateLimit {
  readonly #clock: Clock
  #bytesPerMs: number
  #burstBytes: number
  /** Bytes that may still pass; below 0 after more bytes than the rate allows by now. */
  #balanceBytes: number
  #balancedAtMs: number
  /** Bytes that datagrams may use now. */
  #datagramBytes: number
  /** Tag of the last turn: a connection starts here after a pause. */
  #servedTag = 0
  /** Waiting connections, ordered by the bytes that each will have had after its turn. */
  readonly #waiting: RateTurn[] = []
  #timer: TimerHandle
  #chargedBytes = 0

  constructor({ clock, bytesPerSecond, burstBytes = bytesPerSecond / 10 }: RateLimitOptions) {
    this.#clock = clock
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstBytes = burstBytes
    this.#balanceBytes = burstBytes
    this.#datagramBytes = burstBytes
    this.#balancedAtMs = clock.now()
  }

  /** Tag from which a new or paused connection counts. */
  get servedTag(): number {
    return this.#servedTag
  }

  /** Bytes that were paid for since the start, without those that were given back. */
  get chargedBytes(): number {
    return this.#chargedBytes
  }

  /** Whether the next message may pass without a turn. */
  get isOpen(): boolean {
    this.#refill()
    return this.#balanceBytes > 0 && this.#waiting.length === 0
  }

  /** Sets another rate. */
  change({ bytesPerSecond, burstBytes = bytesPerSecond / 10 }: Omit<RateLimitOptions, 'clock'>): void {
    this.#refill()
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstBytes = burstBytes
    this.#balanceBytes = Math.min(this.#balanceBytes, burstBytes)
    this.#datagramBytes = Math.min(this.#datagramBytes, burstBytes)
    this.#reschedule()
  }

  /** Adds a connection; see {@link RateTurn}. */
  turn(onTurn: () => void): RateTurn {
    return new RateTurn(this, onTurn)
  }

  /** Takes bytes; the balance may become negative. */
  charge(bytes: number): void {
    this.#refill()
    this.#balanceBytes -= bytes
    this.#chargedBytes += bytes
    if (bytes < 0) this.#reschedule()
  }

  /**
   * Takes the bytes of a datagram, which cannot wait; false if it must be dropped. While connections wait, datagrams
   * get half of the rate, so that neither takes all from the other.
   */
  takeNow(bytes: number): boolean {
    this.#refill()
    if (this.#datagramBytes <= 0) return false
    this.#datagramBytes -= bytes
    this.#balanceBytes -= bytes
    this.#chargedBytes += bytes
    return true
  }

  /** Adds a connection to the queue. */
  enqueue(turn: RateTurn): void {
    const index = this.#waiting.findIndex(({ dueTag }) => dueTag > turn.dueTag)
    this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, turn)
    this.#schedule()
  }

  /** Removes a connection from the queue. */
  remove(turn: RateTurn): void {
    const index = this.#waiting.indexOf(turn)
    if (index >= 0) this.#waiting.splice(index, 1)
    if (this.#waiting.length > 0) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #serve(): void {
    this.#timer = undefined
    this.#refill()
    while (this.#balanceBytes > 0) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#servedTag = Math.max(this.#servedTag, next.tag)
      next.go()
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0) return
    const delayMs = Math.max(1, Math.ceil(-this.#balanceBytes / this.#bytesPerMs))
    this.#timer = this.#clock.setTimeout(() => this.#serve(), delayMs)
  }

  /** Sets the timer of the next turn, after bytes were given back or the rate has changed. */
  #reschedule(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#schedule()
  }

  /** Adds the bytes of the time that has passed. While connections wait, a late timer loses nothing. */
  #refill(): void {
    const now = this.#clock.now()
    const earned = (now - this.#balancedAtMs) * this.#bytesPerMs
    const balance = this.#balanceBytes + earned
    const forDatagrams = this.#waiting.length > 0 ? earned / 2 : earned
    this.#datagramBytes = Math.min(this.#datagramBytes + forDatagrams, this.#burstBytes)
    this.#balancedAtMs = now
    this.#balanceBytes = this.#waiting.length > 0 ? balance : Math.min(balance, this.#burstBytes)
  }
}

/** Part of one connection in a {@link RateLimit}. */
export class RateTurn {
  /** Bytes that the connection has had, counted from where it last began; the smallest tag goes first. */
  tag = 0
  readonly #limit: RateLimit
  readonly #onTurn: () => void
  /** Bytes paid in advance when it got its turn: as many as its last message had. */
  #prepaidBytes = 0
  #lastBytes = 0
  #waits = false

  /** @param onTurn Called when the connection may continue to read. */
  constructor(limit: RateLimit, onTurn: () => void) {
    this.#limit = limit
    this.#onTurn = onTurn
  }

  /** Tag after its next turn, if that message is as long as the last. */
  get dueTag(): number {
    return this.tag + this.#lastBytes
  }

  /** Pays for a message; false if the caller must not read until its turn. */
  pay(bytes: number): boolean {
    const dueBytes = bytes - this.#prepaidBytes
    this.#prepaidBytes = Math.max(0, -dueBytes)
    if (dueBytes > 0) this.#limit.charge(dueBytes)
    if (this.#waits) return false
    this.#lastBytes = bytes
    this.tag = Math.max(this.tag, this.#limit.servedTag) + bytes
    if (this.#prepaidBytes > 0 || this.#limit.isOpen) return true
    this.#waits = true
    this.#limit.enqueue(this)
    return false
  }

  /** Called by the limit when the turn has come. */
  go(): void {
    this.#waits = false
    this.#prepaidBytes += this.#lastBytes
    this.#limit.charge(this.#lastBytes)
    this.#onTurn()
  }

  /** Ends the part of a closed connection, and gives back its unused bytes. */
  close(): void {
    if (this.#waits) this.#limit.remove(this)
    this.#waits = false
    this.#limit.charge(-this.#prepaidBytes)
    this.#prepaidBytes = 0
  }
}
