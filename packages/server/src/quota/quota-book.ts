import type { QuotaLimits } from '../policy/policy.js'
import type { ServerState } from '../state/server-state.js'
import { tokenKey } from '../tokens/token-text.js'
import { isCurrent, Quota, type QuotaOptions, type UsedAmounts } from './quota.js'

/** Quotas of all tokens, and their use before the start. */
export class QuotaBook {
  readonly #found: Map<string, UsedAmounts>
  readonly #quotas = new Map<string, Quota>()
  /** What each other node has counted for a token, registered here or not. */
  readonly #elsewhere = new Map<string, readonly UsedAmounts[]>()

  constructor(state: ServerState | undefined) {
    this.#found = new Map(Object.entries(state?.found.used ?? {}))
    state?.takeUsedFrom(() => this.amounts(Date.now()))
    state?.takeUsedElsewhere((key, bytes) => this.#quotas.get(key)?.add(bytes, Date.now()))
  }

  /** Opens the quota of a token, which continues with its earlier use. */
  open(token: string, limits: QuotaLimits, events: Pick<QuotaOptions, 'onWarning' | 'onUsedUp'>): Quota {
    const key = tokenKey(token)
    const used = this.#quotas.get(key)?.amounts() ?? this.#found.get(key)
    const quota = new Quota({ limits, used, ...events })
    this.#quotas.set(key, quota)
    quota.setElsewhere(this.#elsewhere.get(key) ?? [], Date.now())
    return quota
  }

  /** Amounts counted here, of tokens that are registered, by `tokenKey`. */
  get here(): Iterable<readonly [key: string, used: UsedAmounts]> {
    return [...this.#quotas].map(([key, quota]) => [key, quota.amounts()])
  }

  /** Sets what each other node has counted for a token. */
  setElsewhere(key: string, amounts: readonly UsedAmounts[]): void {
    if (amounts.length === 0) this.#elsewhere.delete(key)
    else this.#elsewhere.set(key, amounts)
    this.#quotas.get(key)?.setElsewhere(amounts, Date.now())
  }

  /** Removes the quota of a token that was removed. A new one of the same text begins at 0. */
  forget(token: string): void {
    const key = tokenKey(token)
    this.#quotas.delete(key)
    this.#found.delete(key)
    this.#elsewhere.delete(key)
  }

  /**
   * Amounts for the state file. Tokens that are not registered now are included: they may come back in the same month.
   */
  amounts(nowMs: number): Readonly<Record<string, UsedAmounts>> {
    for (const [key, used] of this.#found) if (!isCurrent(used, nowMs)) this.#found.delete(key)
    const current = [...this.#quotas].map(([key, quota]): [string, UsedAmounts] => [key, quota.amounts()])
    return Object.fromEntries([...this.#found, ...current])
  }
}
