import type { Clock, TimerHandle } from '@ls/batching'

export interface AuthThrottleOptions {
  readonly clock: Clock
  /** Failures of one address that cost nothing: people mistype. @default 3 */
  readonly freeFailures?: number
  /** Delay of the first failure beyond; it doubles from there, in milliseconds. @default 250 */
  readonly firstDelayMs?: number
  /** Longest delay, in milliseconds: shorter than what clients wait for an answer. @default 8000 */
  readonly maxDelayMs?: number
  /** An address is forgotten after this long without a failure, in milliseconds. @default 600000 */
  readonly forgetMs?: number
  /** Addresses remembered; the one that failed longest ago makes room. @default 4096 */
  readonly maxAddresses?: number
  /** Answers that wait at once, since each keeps its connection; the oldest one then goes out early. @default 1024 */
  readonly maxWaiting?: number
}

interface Entry {
  failures: number
  lastMs: number
}

/** Slows down addresses that keep failing to authenticate, so that guessing takes for ever. */
export class AuthThrottle {
  readonly #options: Required<AuthThrottleOptions>
  readonly #entries = new Map<string, Entry>()
  /** Refusals by their timer, the oldest first. */
  readonly #waiting = new Map<TimerHandle, () => void>()

  constructor(options: AuthThrottleOptions) {
    this.#options = {
      freeFailures: 3,
      firstDelayMs: 250,
      maxDelayMs: 8000,
      forgetMs: 600_000,
      maxAddresses: 4096,
      maxWaiting: 1024,
      ...options,
    }
  }

  /** Counts a failure and calls `refuse` when its answer may go out. */
  failed(address: string, refuse: () => void): void {
    const delayMs = this.#count(address)
    if (delayMs === 0) return refuse()
    if (this.#waiting.size >= this.#options.maxWaiting) this.#refuseOldest()
    const timer = this.#options.clock.setTimeout(() => {
      this.#waiting.delete(timer)
      refuse()
    }, delayMs)
    this.#waiting.set(timer, refuse)
  }

  /** Forgets what an address did before it showed a valid token or key. */
  succeeded(address: string): void {
    this.#entries.delete(address)
  }

  /** Drops the refusals that wait: their connections are being closed anyway. */
  close(): void {
    for (const timer of this.#waiting.keys()) this.#options.clock.clearTimeout(timer)
    this.#waiting.clear()
    this.#entries.clear()
  }

  #count(address: string): number {
    const { clock, freeFailures, firstDelayMs, maxDelayMs, forgetMs, maxAddresses } = this.#options
    const now = clock.now()
    const known = this.#entries.get(address)
    const failures = known !== undefined && now - known.lastMs < forgetMs ? known.failures + 1 : 1
    // Deleted first, so that the map stays in the order of the last failures.
    this.#entries.delete(address)
    this.#entries.set(address, { failures, lastMs: now })
    if (this.#entries.size > maxAddresses) this.#entries.delete(this.#entries.keys().next().value as string)
    if (failures <= freeFailures) return 0
    return Math.min(firstDelayMs * 2 ** (failures - freeFailures - 1), maxDelayMs)
  }

  #refuseOldest(): void {
    const oldest = this.#waiting.entries().next()
    if (oldest.done === true) return
    const [timer, refuse] = oldest.value
    this.#options.clock.clearTimeout(timer)
    this.#waiting.delete(timer)
    refuse()
  }
}
