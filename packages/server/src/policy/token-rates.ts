import { type Pace, RateLimit } from '@ls/relay'
import type { ResolvedServerOptions } from '../options.js'
import type { Policy } from './policy.js'

/** The rates of one token: those of its policy, and a slower one while its quota is used up. */
export class TokenRates {
  /** From the users to their targets; undefined without a limit. */
  readonly up: RateLimit | undefined
  /** From the targets to the users; undefined without a limit. */
  readonly down: RateLimit | undefined
  readonly #policy: Policy
  #slow = false

  constructor(policy: Policy, { clock }: Pick<ResolvedServerOptions, 'clock'>) {
    this.#policy = policy
    const mayBeSlow = policy.quota?.slowRate !== undefined
    const limitOf = (way: 'up' | 'down'): RateLimit | undefined =>
      mayBeSlow || policy.rate?.[way] !== undefined ? new RateLimit({ clock, ...this.#sizeOf(way) }) : undefined
    this.up = limitOf('up')
    this.down = limitOf('down')
  }

  /** Rates where our sockets lead to the targets; undefined without any. */
  get ofTargets(): Pace | undefined {
    return this.#pace(this.down, this.up)
  }

  /** Rates where our sockets lead to the users; undefined without any. */
  get ofUsers(): Pace | undefined {
    return this.#pace(this.up, this.down)
  }

  /** Holds the rate of a quota that is used up, or again that of the policy. */
  slowDown(slow: boolean): void {
    if (slow === this.#slow) return
    this.#slow = slow
    this.up?.change(this.#sizeOf('up'))
    this.down?.change(this.#sizeOf('down'))
  }

  #sizeOf(way: 'up' | 'down'): { bytesPerSecond: number; burstBytes?: number } {
    const { rate, quota } = this.#policy
    const usual = rate?.[way] ?? noLimit
    const bytesPerSecond = this.#slow ? Math.min(usual, quota?.slowRate ?? usual) : usual
    if (bytesPerSecond < usual || rate?.burstBytes === undefined) return { bytesPerSecond }
    return { bytesPerSecond, burstBytes: rate.burstBytes }
  }

  #pace(sending: RateLimit | undefined, receiving: RateLimit | undefined): Pace | undefined {
    return sending === undefined && receiving === undefined ? undefined : { sending, receiving }
  }
}

/** 8 Tbit/s: no link is faster. In bytes a second. */
const noLimit = 1e12
