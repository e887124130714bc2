import { type Clock, systemClock } from '@ls/foundation'
import { mostInformative } from './errors.js'

/** Address family: IPv4 or IPv6. */
export type Family = 4 | 6

/** Answer of a name server, or another source, for one family of a name. */
export interface Answer {
  /** In the order of the answer; empty where there are none. */
  readonly addresses: readonly string[]
  /** Reason why there are none. */
  readonly error?: Error | undefined
}

export interface RaceOptions<T> {
  /**
   * Begins an attempt and returns a function that ends it. It reports by `won` or `lost`, once, possibly before it
   * returns.
   */
  readonly attempt: (address: string, report: AttemptReport<T>) => () => void
  readonly onWon: (value: T, address: string) => void
  readonly onFailed: (error: Error) => void
  /** Returns an error for an address that must not be tried; called before its attempt. @default all are allowed */
  readonly check?: ((address: string) => Error | undefined) | undefined
  /** Time that IPv4 waits for the answer about IPv6, in milliseconds. @default 50 (RFC 8305 §3) */
  readonly resolutionDelayMs?: number | undefined
  /** Time from one attempt to the next, in milliseconds. @default 250 (RFC 8305 §5) */
  readonly attemptDelayMs?: number | undefined
  /**
   * Most attempts: the owner of a name chooses its number of addresses, and each silent one uses a socket.
   * @default 20, which have all begun after 5 s
   */
  readonly maxAttempts?: number | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

export interface AttemptReport<T> {
  won(value: T): void
  lost(error: Error): void
}

/**
 * Decides when each address is tried (RFC 8305, "Happy Eyeballs"), without sockets: answers for both families are added
 * as they arrive, attempts begin one after the other and none is cancelled for the next. The first to connect wins, the
 * others are ended.
 */
export class Race<T> {
  readonly #options: RaceOptions<T>
  readonly #clock: Clock
  readonly #waiting: Record<Family, string[]> = { 4: [], 6: [] }
  readonly #seen = new Set<string>()
  readonly #unanswered = new Set<Family>([6, 4])
  readonly #running = new Map<string, () => void>()
  readonly #errors: Error[] = []
  /** Family of the next attempt. */
  #next: Family = 6
  #timer: unknown
  /** Whether IPv4 may begin although IPv6 is unanswered. */
  #waitedForIpv6 = false
  #isOver = false

  constructor(options: RaceOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Adds the answer for a family; once for each. */
  answer(family: Family, { addresses, error }: Answer): void {
    if (this.#isOver || !this.#unanswered.delete(family)) return
    if (error !== undefined) this.#errors.push(error)
    for (const address of addresses) this.#add(family, address)
    // Once IPv6 is answered, only the time between attempts has to pass.
    if (family === 6 && this.#seen.size === 0) this.#stopTimer()
    this.#step()
  }

  /** Ends the race for an external reason; an error of an address may still be more informative. */
  giveUp(error: Error): void {
    if (this.#isOver) return
    this.#errors.push(error)
    this.#fail()
  }

  /** Ends all attempts, without a report. */
  cancel(): void {
    this.#isOver = true
    this.#stopTimer()
    for (const end of this.#running.values()) end()
    this.#running.clear()
  }

  #add(family: Family, address: string): void {
    if (!this.#waiting[family].includes(address)) this.#waiting[family].push(address)
  }

  /** Begins the next attempt, unless there is a reason to wait. */
  #step(): void {
    if (this.#isOver || this.#timer !== undefined) return
    const address = this.#isWaitingForIpv6() ? undefined : this.#take()
    if (address !== undefined) return this.#begin(address)
    if (this.#running.size === 0 && this.#unanswered.size === 0) return this.#fail()
    if (this.#isWaitingForIpv6()) this.#waitForIpv6()
  }

  #isWaitingForIpv6(): boolean {
    const { 4: ipv4, 6: ipv6 } = this.#waiting
    const isFirst = this.#seen.size === 0
    return isFirst && !this.#waitedForIpv6 && this.#unanswered.has(6) && ipv6.length === 0 && ipv4.length > 0
  }

  #waitForIpv6(): void {
    this.#startTimer(this.#options.resolutionDelayMs ?? 50, () => {
      this.#waitedForIpv6 = true
      this.#step()
    })
  }

  /** Returns the next address to try, of the family whose turn it is where that has one (RFC 8305 §4). */
  #take(): string | undefined {
    for (;;) {
      if (this.#seen.size >= (this.#options.maxAttempts ?? 20)) return undefined
      const family = this.#waiting[this.#next].length > 0 ? this.#next : otherFamily(this.#next)
      const address = this.#waiting[family].shift()
      if (address === undefined) return undefined
      const refusal = this.#options.check?.(address)
      if (refusal === undefined) {
        this.#next = otherFamily(family)
        this.#seen.add(address)
        return address
      }
      this.#errors.push(refusal)
    }
  }

  #begin(address: string): void {
    const isRunning = (): boolean => !this.#isOver && this.#running.has(address)
    this.#running.set(address, () => {})
    this.#startTimer(this.#options.attemptDelayMs ?? 250, () => this.#step())
    const end = this.#options.attempt(address, {
      won: (value) => {
        if (!isRunning()) return
        this.#running.delete(address)
        this.cancel()
        this.#options.onWon(value, address)
      },
      lost: (error) => {
        if (!isRunning()) return
        this.#running.delete(address)
        this.#errors.push(error)
        this.#stopTimer()
        this.#step()
      },
    })
    if (isRunning()) this.#running.set(address, end)
  }

  #fail(): void {
    this.cancel()
    this.#options.onFailed(mostInformative(this.#errors))
  }

  #startTimer(delayMs: number, callback: () => void): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      callback()
    }, delayMs)
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function otherFamily(family: Family): Family {
  return family === 6 ? 4 : 6
}
