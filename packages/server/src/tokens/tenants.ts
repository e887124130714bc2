import { type Clock, type LimitUse, type Logger, RareLog } from '@ls/foundation'
import { maxPendingBytes, MemoryBudget, type MemoryBudgetOptions, type Session, SharedBudget } from '@ls/mux'
import { Tenant, tenantOf } from './tenant.js'
import type { TokenRecord } from './token-registry.js'

export interface TenantsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly processBudgetBytes: number
  readonly maxGraceSessions: number
  readonly maxTokenGraceSessions: number
}

/** The client must try again later; `message` is sent to it. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
}

/**
 * Upper part of the tree of budgets (process → tenant → session → channel). At a limit, the tenant that uses most loses
 * the session that has waited longest for its client.
 */
export class Tenants {
  readonly #options: TenantsOptions
  readonly #tenants = new Map<TokenRecord, Tenant>()
  /** Tenants without a session, whose sockets may still buffer bytes. */
  readonly #departed = new Set<Tenant>()
  /** Limits of the process and of each tenant: a single tenant may use the whole shared part. */
  readonly #limits: MemoryBudgetOptions
  readonly #budget: SharedBudget
  /** Memory of unauthenticated connections. */
  readonly strangers: MemoryBudget
  readonly #log: RareLog
  #sessionsInGrace = 0
  #relieving = false

  constructor(options: TenantsOptions) {
    const { clock, logger, processBudgetBytes: limitBytes } = options
    this.#options = options
    this.#log = new RareLog(clock, logger)
    const onExceeded = (): void => this.#relieveSoon()
    this.#limits = { limitBytes, promiseLimitBytes: limitBytes * promisesPerByte, onExceeded }
    this.#budget = new SharedBudget({ ...this.#limits, shares: guaranteedTenants })
    this.strangers = new MemoryBudget(
      { limitBytes: Math.min(maxPendingBytes, Math.floor(limitBytes * strangersPart)) },
      this.#budget,
    )
  }

  /** Bytes that all sessions buffer. */
  get usedBytes(): number {
    return this.#budget.usedBytes
  }

  get sessionsInGrace(): number {
    return this.#sessionsInGrace
  }

  /** Usage of the limits of all tenants together. */
  limits(): LimitUse[] {
    const { maxGraceSessions } = this.#options
    return [
      { name: 'memory', unit: 'bytes', used: this.#budget.usedBytes, limit: this.#budget.limitBytes },
      { name: 'stranger-memory', unit: 'bytes', used: this.strangers.usedBytes, limit: this.strangers.limitBytes },
      { name: 'grace-sessions', unit: 'entries', used: this.#sessionsInGrace, limit: maxGraceSessions },
    ]
  }

  /**
   * Waits until a new session may begin: immediately, unless the token has its most sessions in grace. Each new session
   * then replaces an old one, and a client that only connects and disconnects would soon end them all.
   *
   * @throws RetryLater if too many already wait
   */
  async admit(record: TokenRecord): Promise<void> {
    const { clock, maxTokenGraceSessions } = this.#options
    const tenant = this.#tenants.get(tenantOf(record))
    if (tenant === undefined || tenant.sessionsInGrace < maxTokenGraceSessions) return
    const now = clock.now()
    const startMs = Math.max(now, tenant.nextAdmissionMs)
    const text = `${maxTokenGraceSessions} sessions of this token wait for their clients`
    this.#log.warn('new sessions of a token have to wait', text)
    if (startMs - now > maxAdmissionWaitMs) throw new RetryLater(text)
    tenant.nextAdmissionMs = startMs + crowdedIntervalMs
    if (startMs > now) await new Promise<void>((resolve) => clock.setTimeout(resolve, startMs - now))
  }

  /** Registers a new session; returns the tenant to charge. */
  join(record: TokenRecord): Tenant {
    this.#forgetDeparted()
    const key = tenantOf(record)
    const tenant = this.#tenants.get(key) ?? new Tenant(key, new SharedBudget(this.#limits, this.#budget))
    this.#tenants.set(key, tenant)
    tenant.joined()
    this.#departed.delete(tenant)
    return tenant
  }

  leave(tenant: Tenant, session: Session): void {
    this.#count(tenant, () => tenant.left(session))
    if (tenant.isEmpty) this.#departed.add(tenant)
    this.#forgetDeparted()
  }

  linked(tenant: Tenant, session: Session): void {
    this.#count(tenant, () => tenant.linked(session))
  }

  /** Registers that a session has lost its link and now waits for its client. */
  unlinked(tenant: Tenant, session: Session): void {
    const { maxGraceSessions, maxTokenGraceSessions } = this.#options
    this.#count(tenant, () => tenant.unlinked(session))
    if (tenant.sessionsInGrace > maxTokenGraceSessions) {
      this.#end(tenant, `more than ${maxTokenGraceSessions} sessions of this token wait for their clients`)
    }
    if (this.#sessionsInGrace > maxGraceSessions) {
      const largest = this.#largest(({ sessionsInGrace }) => sessionsInGrace)
      if (largest !== undefined) this.#end(largest, `more than ${maxGraceSessions} sessions wait for their clients`)
    }
  }

  /**
   * Removes tenants without sessions and bytes. Checked with each arrival and departure: a returning token keeps the
   * count of bytes that its sockets still buffer.
   */
  #forgetDeparted(): void {
    for (const tenant of this.#departed) {
      if (tenant.budget.usedBytes > 0) continue
      this.#departed.delete(tenant)
      this.#tenants.delete(tenant.record)
      tenant.budget.close()
    }
  }

  #count(tenant: Tenant, change: () => void): void {
    const before = tenant.sessionsInGrace
    change()
    this.#sessionsInGrace += tenant.sessionsInGrace - before
  }

  /** Frees memory later: the caller that has just charged bytes is in the middle of its work. */
  #relieveSoon(): void {
    if (this.#relieving) return
    this.#relieving = true
    queueMicrotask(() => {
      this.#relieving = false
      this.#relieve()
    })
  }

  #relieve(): void {
    const { limitBytes } = this.#budget
    const text = `all sessions hold ${this.#budget.usedBytes} bytes, limit ${limitBytes}`
    for (;;) {
      const heaviest = this.#largest(({ budget }) => (budget.exceeded ? budget.usedBytes : 0))
      if (heaviest === undefined) return
      this.#log.warn('the token that uses most memory is slowed down', text)
      if (!this.#end(heaviest, text)) return
    }
  }

  #end(tenant: Tenant, reason: string): boolean {
    this.#log.warn('the session of a token that waited longest for its client is ended', reason)
    return tenant.endOldest(reason)
  }

  #largest(sizeOf: (tenant: Tenant) => number): Tenant | undefined {
    let largest: Tenant | undefined
    let most = 0
    for (const tenant of this.#tenants.values()) {
      const size = sizeOf(tenant)
      if (size <= most) continue
      largest = tenant
      most = size
    }
    return largest
  }
}

/**
 * Window bytes that may be promised for each byte of memory. Few clients use up their windows at the same time; they
 * are slowed down once memory itself runs short.
 */
const promisesPerByte = 4

/** Part of the memory limit that unauthenticated connections may use. */
const strangersPart = 0.125

/** Number of tenants for which half of the budget is reserved. With more of them the parts become smaller. */
const guaranteedTenants = 16

/** Minimum time between new sessions of a token with too many in grace: 20 a second are plenty for people. */
const crowdedIntervalMs = 50

/** Longest time in the queue. Clients wait 10 s for an answer; above this limit they have to try again. */
const maxAdmissionWaitMs = 5000
