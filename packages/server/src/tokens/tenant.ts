import type { Session, SharedBudget } from '@ls/mux'
import type { TokenRecord } from './token-registry.js'
import { tokenId } from './token-text.js'

/** Owner of the memory of sessions: all clients with one token, and a reverse token's connectors with its providers. */
export class Tenant {
  readonly record: TokenRecord
  readonly budget: SharedBudget
  /** Sessions that wait for their client, the oldest first. */
  readonly #inGrace = new Set<Session>()
  #sessions = 0
  /** Earliest time of the next new session, in milliseconds of the server's clock; see {@link Tenants.admit}. */
  nextAdmissionMs = 0

  constructor(record: TokenRecord, budget: SharedBudget) {
    this.record = record
    this.budget = budget
  }

  get sessionsInGrace(): number {
    return this.#inGrace.size
  }

  /** Whether it has no sessions. */
  get isEmpty(): boolean {
    return this.#sessions === 0
  }

  joined(): void {
    this.#sessions++
  }

  left(session: Session): void {
    this.#inGrace.delete(session)
    this.#sessions--
  }

  linked(session: Session): void {
    this.#inGrace.delete(session)
  }

  unlinked(session: Session): void {
    this.#inGrace.add(session)
  }

  /** Ends the session that has waited longest; false if none waits. */
  endOldest(reason: string): boolean {
    const [oldest] = this.#inGrace
    oldest?.close(reason)
    return oldest !== undefined
  }
}

/** Token whose policy applies: a provider must not create tokens with more rights than its own. */
export function policyHolderOf(record: TokenRecord): TokenRecord {
  if (record.kind !== 'connector' || record.policy !== undefined) return record
  return record.owner !== undefined || record.sharesPolicy === true ? record.reverse : record
}

/** Token that is the tenant. Providers create connector tokens, so these must not count as tenants of their own. */
export function tenantOf(record: TokenRecord): TokenRecord {
  return record.kind === 'connector' ? record.reverse : record
}

/** Name of a token in logs: that in its policy, or its id as in lists of tokens. */
export function tenantName(record: TokenRecord): string {
  return record.policy?.name ?? policyHolderOf(record).policy?.name ?? tokenId(record.token)
}
