import type { Clock, Given } from '@ls/foundation'
import { addressGroup } from '@ls/mux'
import { LateRefusals } from './late-refusals.js'

export interface AuthThrottleOptions {
  readonly clock: Clock
  /** Failures of one address without delay: people mistype. @default 3 */
  readonly freeFailures?: number | undefined
  /** Delay after the first failure beyond that, in milliseconds; it doubles from there. @default 250 */
  readonly firstDelayMs?: number | undefined
  /**
   * Longest delay, in milliseconds: 450 guesses an hour, while others at that address get in within seconds.
   * @default 8000
   */
  readonly maxDelayMs?: number | undefined
  /** An address is forgotten after this long without a failure, in milliseconds. @default 600000 */
  readonly forgetMs?: number | undefined
  /** Addresses remembered; the one that failed longest ago makes room. @default 4096 */
  readonly maxAddresses?: number | undefined
}

interface Entry {
  failures: number
  lastMs: number
  /** Credentials of the address are not checked before this time. */
  openMs: number
}

/**
 * Slows down guessing of tokens and API keys together. It applies before any comparison, also to right keys, so a
 * guesser learns nothing from an answer or its absence. A success does not clear an address, or a tenant could go on
 * guessing the API key. A /64 of IPv6 is one address.
 */
export class AuthThrottle {
  /** Where clients are refused whose address has to wait. */
  readonly refusals: LateRefusals
  readonly #options: Given<AuthThrottleOptions>
  readonly #entries = new Map<string, Entry>()

  constructor(options: AuthThrottleOptions) {
    const { clock, freeFailures = 3, firstDelayMs = 250, maxDelayMs = 8000, forgetMs = 600_000 } = options
    const { maxAddresses = 4096 } = options
    this.#options = { clock, freeFailures, firstDelayMs, maxDelayMs, forgetMs, maxAddresses }
    this.refusals = new LateRefusals(options)
  }

  /** Time until credentials of this address may be checked, in milliseconds; 0 for now. */
  waitMs(address: string): number {
    const entry = this.#entries.get(addressGroup(address))
    return entry === undefined ? 0 : Math.max(0, entry.openMs - this.#options.clock.now())
  }

  /** The address has sent a wrong token or key. */
  failed(address: string): void {
    const { clock, freeFailures, firstDelayMs, maxDelayMs, forgetMs, maxAddresses } = this.#options
    const now = clock.now()
    const group = addressGroup(address)
    const known = this.#entries.get(group)
    const failures = known !== undefined && now - known.lastMs < forgetMs ? known.failures + 1 : 1
    const beyond = failures - freeFailures
    const delayMs = beyond <= 0 ? 0 : Math.min(firstDelayMs * 2 ** (beyond - 1), maxDelayMs)
    // Deleted first, so that the map stays in the order of the last failures.
    this.#entries.delete(group)
    this.#entries.set(group, { failures, lastMs: now, openMs: now + delayMs })
    if (this.#entries.size > maxAddresses) this.#entries.delete(this.#entries.keys().next().value as string)
  }
}

/** The time as `Retry-After` has it (RFC 9110 §10.2.3): whole seconds, none of them too few. */
export function retryAfter(waitMs: number): { readonly 'retry-after': string } {
  return { 'retry-after': String(Math.ceil(waitMs / 1000)) }
}
