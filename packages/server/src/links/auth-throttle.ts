import type { Clock, Given } from '@ls/foundation'
import { addressBlock, addressGroup } from '@ls/mux'
import { LateRefusals } from './late-refusals.js'

export interface AuthThrottleOptions {
  readonly clock: Clock
  /** Failures of one address without delay, for typing errors. @default 3 */
  readonly freeFailures?: number | undefined
  /** Delay after the first failure beyond that, in milliseconds; it doubles with each further one. @default 250 */
  readonly firstDelayMs?: number | undefined
  /**
   * Longest delay, in milliseconds: it limits guesses to 450 an hour, and other users at that address connect within
   * seconds.
   * @default 8000
   */
  readonly maxDelayMs?: number | undefined
  /**
   * Failures of one /48 of IPv6 without delay, beside those of its addresses: one client may have all of them.
   * @default 64
   */
  readonly freeBlockFailures?: number | undefined
  /**
   * Longest delay of a /48, in milliseconds: 3600 guesses an hour. Short, since its addresses may belong to many users,
   * of whom one with a single address causes a failure in 8 s only.
   * @default 1000
   */
  readonly maxBlockDelayMs?: number | undefined
  /** Time without a failure after which an address is removed, in milliseconds. @default 600000 */
  readonly forgetMs?: number | undefined
  /** Most addresses in memory; the one that failed longest ago is removed first. @default 4096 */
  readonly maxAddresses?: number | undefined
}

interface Entry {
  failures: number
  lastMs: number
  /** Time before which credentials of the address are not checked. */
  openMs: number
}

/**
 * Slows down guessing of tokens and API keys together. It applies before any comparison, and to correct keys too, so an
 * answer or its absence tells a guesser nothing. A success does not clear an address, or a tenant could continue to
 * guess the API key. A /64 of IPv6 counts as one address, and a /48 as a second, larger one.
 */
export class AuthThrottle {
  /** Refuses clients whose address has to wait. */
  readonly refusals: LateRefusals
  readonly #options: Given<AuthThrottleOptions>
  readonly #entries = new Map<string, Entry>()

  constructor(options: AuthThrottleOptions) {
    const { clock, freeFailures = 3, firstDelayMs = 250, maxDelayMs = 8000, forgetMs = 600_000 } = options
    const { maxAddresses = 4096, freeBlockFailures = 64, maxBlockDelayMs = 1000 } = options
    const ofBlocks = { freeBlockFailures, maxBlockDelayMs }
    this.#options = { clock, freeFailures, firstDelayMs, maxDelayMs, forgetMs, maxAddresses, ...ofBlocks }
    this.refusals = new LateRefusals(options)
  }

  /** Time until credentials of this address may be checked, in milliseconds; 0 for now. */
  waitMs(address: string): number {
    const block = addressBlock(address)
    return Math.max(this.#waitMs(addressGroup(address)), block === undefined ? 0 : this.#waitMs(block))
  }

  /** Records that the address has sent a wrong token or key. */
  failed(address: string): void {
    const { freeFailures, maxDelayMs, freeBlockFailures, maxBlockDelayMs } = this.#options
    this.#failed(addressGroup(address), freeFailures, maxDelayMs)
    const block = addressBlock(address)
    if (block !== undefined) this.#failed(block, freeBlockFailures, maxBlockDelayMs)
  }

  #waitMs(key: string): number {
    const entry = this.#entries.get(key)
    return entry === undefined ? 0 : Math.max(0, entry.openMs - this.#options.clock.now())
  }

  #failed(key: string, free: number, maxDelayMs: number): void {
    const { clock, firstDelayMs, forgetMs, maxAddresses } = this.#options
    const now = clock.now()
    const known = this.#entries.get(key)
    const failures = known !== undefined && now - known.lastMs < forgetMs ? known.failures + 1 : 1
    const beyond = failures - free
    const delayMs = beyond <= 0 ? 0 : Math.min(firstDelayMs * 2 ** (beyond - 1), maxDelayMs)
    // Deleted first, so that the map stays ordered by the last failure.
    this.#entries.delete(key)
    this.#entries.set(key, { failures, lastMs: now, openMs: now + delayMs })
    if (this.#entries.size > maxAddresses) this.#entries.delete(this.#entries.keys().next().value as string)
  }
}

/** Time as `Retry-After` (RFC 9110 §10.2.3): whole seconds, rounded up. */
export function retryAfter(waitMs: number): { readonly 'retry-after': string } {
  return { 'retry-after': String(Math.ceil(waitMs / 1000)) }
}
