import type { Clock, TimerHandle } from '@ls/foundation'

/** Size of a {@link RateLimit}. */
export interface RateLimitOptions {
  /** Source of time, for tests. */
  readonly clock: Clock
  /** Rate that all its connections share. */
  readonly bytesPerSecond: number
  /** Bytes that may pass at once after a rest. @default a tenth of a second's */
  readonly burstBytes?: number | undefined
}

/**
 * Token bucket that several connections share. Each pays for a message after it was read, and then waits for its turn
 * if there is nothing left. The turn goes to the one that has had least, by bytes (start-time fair queuing), so a
 * keystroke does not wait behind downloads. A wait is as long as the message takes that was paid last.
 */
export class RateLimit {
  readonly #clock: Clock
  #bytesPerMs: number
  #burstBytes: number
  /** Below 0 while more has passed than the rate allows by now. */
  #balanceBytes: number
  #balancedAtMs: number
  /** What datagrams may take now. */
  #datagramBytes: number
  /** Tag of the last turn: where a connection starts that has rested. */
  #servedTag = 0
  /** In the order of the bytes that each will have had after its turn. */
  readonly #waiting: RateTurn[] = []
  #timer: TimerHandle

  constructor({ clock, bytesPerSecond, burstBytes = bytesPerSecond / 10 }: RateLimitOptions) {
    this.#clock = clock
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstBytes = burstBytes
    this.#balanceBytes = burstBytes
    this.#datagramBytes = burstBytes
    this.#balancedAtMs = clock.now()
  }

  /** Tag from which a connection counts. */
  get servedTag(): number {
    return this.#servedTag
  }

  /** Whether the next message may pass without a turn. */
  get isOpen(): boolean {
    this.#refill()
    return this.#balanceBytes > 0 && this.#waiting.length === 0
  }

  /** Holds another rate from now on. */
  change({ bytesPerSecond, burstBytes = bytesPerSecond / 10 }: Omit<RateLimitOptions, 'clock'>): void {
    this.#refill()
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstBytes = burstBytes
    this.#balanceBytes = Math.min(this.#balanceBytes, burstBytes)
    this.#datagramBytes = Math.min(this.#datagramBytes, burstBytes)
    this.#reschedule()
  }

  /** One more connection takes part; see {@link RateTurn}. */
  turn(onTurn: () => void): RateTurn {
    return new RateTurn(this, onTurn)
  }

  /** Takes bytes, past zero if need be. */
  charge(bytes: number): void {
    this.#refill()
    this.#balanceBytes -= bytes
    if (bytes < 0) this.#reschedule()
  }

  /**
   * Takes bytes of a datagram, which cannot wait; false if it has to be dropped. While connections wait, datagrams get
   * half of the rate, so that neither takes all from the other.
   */
  takeNow(bytes: number): boolean {
    this.#refill()
    if (this.#datagramBytes <= 0) return false
    this.#datagramBytes -= bytes
    this.#balanceBytes -= bytes
    return true
  }

  /** Puts a connection in line. */
  enqueue(turn: RateTurn): void {
    const index = this.#waiting.findIndex(({ dueTag }) => dueTag > turn.dueTag)
    this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, turn)
    this.#schedule()
  }

  /** Takes a connection out of the line. */
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

  /** Bytes were given back, or the rate is another: the next turn is at another time. */
  #reschedule(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#schedule()
  }

  /** While connections wait, a late timer loses nothing. */
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

/** One connection's part in a {@link RateLimit}. */
export class RateTurn {
  /** Bytes it has had, counted from where it last began; the smallest goes first. */
  tag = 0
  readonly #limit: RateLimit
  readonly #onTurn: () => void
  /** Paid in advance when it got its turn: as much as its last message had. */
  #prepaidBytes = 0
  #lastBytes = 0
  #waits = false

  /** @param onTurn It may read on. */
  constructor(limit: RateLimit, onTurn: () => void) {
    this.#limit = limit
    this.#onTurn = onTurn
  }

  /** Its tag after its next turn, if that message is like the last. */
  get dueTag(): number {
    return this.tag + this.#lastBytes
  }

  /** Pays for a message; false if the caller must read no more until its turn. */
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

  /** For the limit: its turn has come. */
  go(): void {
    this.#waits = false
    this.#prepaidBytes += this.#lastBytes
    this.#limit.charge(this.#lastBytes)
    this.#onTurn()
  }

  /** The connection is over: gives back what it did not use. */
  close(): void {
    if (this.#waits) this.#limit.remove(this)
    this.#waits = false
    this.#limit.charge(-this.#prepaidBytes)
    this.#prepaidBytes = 0
  }
}
