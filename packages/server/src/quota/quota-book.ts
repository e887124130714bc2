import type { QuotaLimits } from '../policy/policy.js'
import type { ServerState } from '../state/server-state.js'
import { tokenKey } from '../tokens/token-text.js'
import { isCurrent, Quota, type QuotaOptions, type UsedAmounts } from './quota.js'

/** The quotas of all tokens, and what was used of them before the start. */
export class QuotaBook {
  readonly #found: Map<string, UsedAmounts>
  readonly #quotas = new Map<string, Quota>()

  constructor(state: ServerState | undefined) {
    this.#found = new Map(Object.entries(state?.found.used ?? {}))
    state?.takeUsedFrom(() => this.amounts(Date.now()))
    state?.takeUsedElsewhere((key, bytes) => this.#quotas.get(key)?.add(bytes, Date.now()))
  }

  /** The quota of a token. It goes on where that token was before. */
  open(token: string, limits: QuotaLimits, events: Pick<QuotaOptions, 'onWarning' | 'onUsedUp'>): Quota {
    const key = tokenKey(token)
    const used = this.#quotas.get(key)?.amounts() ?? this.#found.get(key)
    const quota = new Quota({ limits, used, ...events })
    this.#quotas.set(key, quota)
    return quota
  }

  /** The token is gone. One of the same text begins at 0. */
  forget(token: string): void {
    const key = tokenKey(token)
    this.#quotas.delete(key)
    this.#found.delete(key)
  }

  /** For the state file; tokens that are not registered now may come back in the same month. */
  amounts(nowMs: number): Readonly<Record<string, UsedAmounts>> {
    for (const [key, used] of this.#found) if (!isCurrent(used, nowMs)) this.#found.delete(key)
    const current = [...this.#quotas].map(([key, quota]): [string, UsedAmounts] => [key, quota.amounts()])
    return Object.fromEntries([...this.#found, ...current])
  }
}
