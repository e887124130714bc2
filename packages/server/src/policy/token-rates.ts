import type { Clock } from '@ls/foundation'
import type { ForwardPace } from '@ls/mux'
import { type Pace, RateLimit } from '@ls/relay'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { Policy } from './policy.js'
import { rateShare, type TokenLoad } from './token-load.js'

/** Rates of one token: those of its policy, and a slower one while its quota is used up. */
export class TokenRates {
  /** From the users to their targets; undefined without a limit. */
  up: RateLimit | undefined
  /** From the targets to the users; undefined without a limit. */
  down: RateLimit | undefined
  readonly #clock: Clock
  #policy: Policy
  #slow = false
  /** What other nodes do with the token. */
  #elsewhere: readonly TokenLoad[] = []
  /** Part of each rate that this node has, in bytes a second; Infinity for all of it. */
  readonly #shares = { up: Infinity, down: Infinity }
  /** Bytes of each direction at the last call of {@link speed}, and its time. */
  #seen = { up: 0, down: 0, atMs: 0 }

  constructor(policy: Policy, { clock }: Pick<ResolvedServerOptions, 'clock'>) {
    this.#clock = clock
    this.#policy = policy
    this.#apply()
  }

  /** Applies the rates of another policy: immediately to connections that have a limit, to others when they begin. */
  change(policy: Policy): void {
    this.#policy = policy
    this.#apply()
  }

  /** Rates for sockets to the targets; undefined without any. */
  get ofTargets(): Pace | undefined {
    return this.#pace(this.down, this.up)
  }

  /** Rates for sockets to the users; undefined without any. */
  get ofUsers(): Pace | undefined {
    return this.#pace(this.up, this.down)
  }

  /** Rates for channels that are forwarded to a provider; undefined without any. */
  get ofForwarded(): ForwardPace | undefined {
    const { up, down } = this
    return up === undefined && down === undefined ? undefined : { toTarget: up, toOpener: down }
  }

  /** Switches between the rate of a used-up quota and that of the policy. */
  slowDown(slow: boolean): void {
    if (slow === this.#slow) return
    this.#slow = slow
    this.#apply()
  }

  /** Shares the rates with other nodes. Called again each second, since a share grows in steps. */
  share(elsewhere: readonly TokenLoad[] = this.#elsewhere): void {
    const isAlone = elsewhere.length === 0 && this.#elsewhere.length === 0
    this.#elsewhere = elsewhere
    if (!isAlone) this.#apply()
  }

  /** Bytes a second in each direction since the last call; 0 without a limit. */
  speed(): Pick<TokenLoad, 'up' | 'down'> {
    const now = { up: this.up?.chargedBytes ?? 0, down: this.down?.chargedBytes ?? 0, atMs: this.#clock.now() }
    const { up, down, atMs } = this.#seen
    this.#seen = now
    const seconds = Math.max(1, now.atMs - atMs) / 1000
    return { up: Math.max(0, now.up - up) / seconds, down: Math.max(0, now.down - down) / seconds }
  }

  #apply(): void {
    this.up = this.#limitOf('up', this.up)
    this.down = this.#limitOf('down', this.down)
  }

  /** Limit for one direction. An existing object is kept, since open connections use it. */
  #limitOf(way: 'up' | 'down', known: RateLimit | undefined): RateLimit | undefined {
    const { rate, quota } = this.#policy
    const size = this.#sizeOf(way)
    known?.change(size)
    const isNeeded = quota?.slowRate !== undefined || rate?.[way] !== undefined
    return known ?? (isNeeded ? new RateLimit({ clock: this.#clock, ...size }) : undefined)
  }

  #sizeOf(way: 'up' | 'down'): { bytesPerSecond: number; burstBytes?: number } {
    const { rate, quota } = this.#policy
    const usual = rate?.[way] ?? noLimit
    const whole = this.#slow ? Math.min(usual, quota?.slowRate ?? usual) : usual
    const bytesPerSecond = this.#shareOf(way, whole)
    if (bytesPerSecond < usual || rate?.burstBytes === undefined) return { bytesPerSecond }
    return { bytesPerSecond, burstBytes: rate.burstBytes }
  }

  #shareOf(way: 'up' | 'down', rate: number): number {
    if (rate >= noLimit) return rate
    const others = this.#elsewhere.map((load) => load[way])
    const share = rateShare({ rate, others, before: Math.min(rate, this.#shares[way]) })
    this.#shares[way] = share
    return share
  }

  #pace(sending: RateLimit | undefined, receiving: RateLimit | undefined): Pace | undefined {
    return sending === undefined && receiving === undefined ? undefined : { sending, receiving }
  }
}

/** Rate that no link exceeds: 8 Tbit/s. In bytes a second. */
const noLimit = 1e12
