import type { Clock } from '@ls/foundation'
import type { TicketClaims } from '@ls/server'
import { ClusterError } from '../errors.js'
import type { ClusterStore } from '../store/cluster-store.js'

export interface SharedClaimsOptions {
  readonly store: Pick<ClusterStore, 'replace' | 'delete'>
  readonly clock: Clock
}

/** Start of the keys of claims in the table `live`. */
export const claimPrefix = 'claim'

/** Most claims: a server has at most 10,000 tickets, and a claim stays when its process ends. */
const maxClaims = 20_000

/** Time in which a claim that the store has must be told, in milliseconds. */
const toldMs = 2000

/** Things that only one client may have: the first node to say so decides it, by compare-and-set. */
export class SharedClaims implements TicketClaims {
  readonly #options: SharedClaimsOptions
  /** Values in the store, as often as there are tickets in use. */
  readonly #known = new Map<string, string>()
  readonly #waiting = new Map<string, Set<(value: string) => void>>()

  constructor(options: SharedClaimsOptions) {
    this.#options = options
  }

  /**
   * Sets a value, unless there is one. Resolves with the value that is set. @throws ClusterError or the error of the
   * store, when it cannot say
   */
  async claim(key: string, value: string): Promise<string> {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= maxClaims)
      throw new ClusterError('ERR_CLUSTER_STORE', `there are ${maxClaims} claims, the most`)
    const revision = await this.#options.store.replace('live', `${claimPrefix}.${key}`, value, 0)
    if (revision === undefined) return this.#told(key)
    this.entry(key, value)
    return value
  }

  /** Removes a value. Never rejects: one that stays does no harm. */
  unclaim(key: string): void {
    if (this.#known.has(key)) this.#options.store.delete('live', `${claimPrefix}.${key}`).catch(() => {})
  }

  /** Handles an entry of the store; undefined if it was removed. */
  entry(key: string, value: string | undefined): void {
    if (value === undefined) return void this.#known.delete(key)
    this.#known.set(key, value)
    const waiting = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    for (const resolve of waiting) resolve(value)
  }

  /** Resolves with the value that another node has set, which is on its way here. */
  #told(key: string): Promise<string> {
    const known = this.#known.get(key)
    if (known !== undefined) return Promise.resolve(known)
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key) ?? new Set()
      const settle = (value: string): void => {
        clock.clearTimeout(timer)
        resolve(value)
      }
      const timer = clock.setTimeout(() => {
        waiting.delete(settle)
        if (waiting.size === 0) this.#waiting.delete(key)
        reject(new ClusterError('ERR_CLUSTER_STORE', 'the store has a value that it does not tell'))
      }, toldMs)
      this.#waiting.set(key, waiting.add(settle))
    })
  }
}
