import type { RareLog } from '@ls/foundation'
import type { ForwardPace } from '@ls/mux'
import { type ServedClient, ChannelSlots, type ChannelSlotsOptions, EntryRules, type Pace, RelayError } from '@ls/relay'
import { Forbidden } from '../links/handshake.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { QuotaBook } from '../quota/quota-book.js'
import { type Quota, quotaFault, type QuotaUse } from '../quota/quota.js'
import { tenantOf } from '../tokens/tenant.js'
import { RetryLater } from '../tokens/tenants.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import { tokenId } from '../tokens/token-text.js'
import type { PolicyRole } from './policy-options.js'
import type { Policy } from './policy.js'
import { sumOf, type TokenLoad } from './token-load.js'
import { TokenRates } from './token-rates.js'

export interface TokenUseOptions {
  readonly record: TokenRecord
  readonly policy: Policy
  readonly server: ResolvedServerOptions
  readonly rareLog: RareLog
  readonly quotas: QuotaBook
  /**
   * Use of the reverse token whose providers added this one, if that token has the policy and the channels.
   * @default none
   */
  readonly shared?: TokenUse | undefined
}

/** Current use and limits of one token with a policy. Refusals are reported to its user and to the log. */
export class TokenUse {
  #policy: Policy
  #entryRules: EntryRules | undefined
  /** Slots of its channels, within those of all tokens. */
  readonly slots: ChannelSlots
  /** Quota of the token by day and month; undefined for no limit. */
  quota: Quota | undefined
  readonly #options: TokenUseOptions
  readonly #rates: TokenRates
  /** What users of the token do at other nodes, all together. */
  #elsewhere = sumOf([])

  constructor(options: TokenUseOptions) {
    const { policy, server, shared } = options
    this.#options = options
    this.#policy = policy
    this.slots = shared?.slots ?? new ChannelSlots({ ...slotsOf(policy, server), parent: server.slots })
    this.#rates = shared?.rates ?? new TokenRates(policy, server)
    this.#apply()
  }

  get policy(): Policy {
    return this.#policy
  }

  /** Rules for targets whose names another program resolves. */
  get entryRules(): EntryRules | undefined {
    return this.#entryRules
  }

  /** Rules and rates for the outbound half. */
  get askerRules(): Pick<ServedClient, 'rules' | 'onForbidden' | 'pace' | 'onDropped'> {
    const { targets } = this.#policy
    const { ofTargets: pace } = this.#rates
    const refused = (reason: string): void => this.refused(reason)
    return { rules: targets, onForbidden: targets && refused, pace, onDropped: pace && refused }
  }

  /** Rates at a proxy port of the token, where its users send. */
  get portPace(): Pace | undefined {
    return this.#rates.ofUsers
  }

  /** Rates of channels that are forwarded to a provider. */
  get forwardPace(): ForwardPace | undefined {
    const pace = this.#rates.ofForwarded
    return pace === undefined ? undefined : { ...pace, onDropped: () => this.refused(beyondRate) }
  }

  /** Sets another policy: its limits apply immediately, its rules to what begins from now on. */
  change(policy: Policy): void {
    const { server, shared } = this.#options
    this.#policy = policy
    if (shared === undefined) {
      this.slots.resize(slotsOf(policy, server, this.#elsewhere.channels))
      this.#rates.change(policy)
    }
    this.#apply()
  }

  #apply(): void {
    const { record, server, shared } = this.#options
    const { targets } = this.#policy
    const rules = { dns: server.dns, user: targets, tenant: tenantOf(record) }
    this.#entryRules = targets === undefined ? undefined : new EntryRules([], rules)
    this.quota = shared === undefined ? this.#openQuota() : shared.quota
    this.keepRates(Date.now())
  }

  /**
   * Role of the token's clients; undefined where the roles of the policy belong to another token. The server's policy
   * for tokens without their own applies to all of them.
   */
  get #role(): PolicyRole | undefined {
    const { record, server, shared } = this.#options
    return shared === undefined || this.#policy === server.policy ? roles[record.kind] : undefined
  }

  /** Rates of all its connections. */
  get rates(): TokenRates {
    return this.#rates
  }

  /** Adapts the rates to the quota, if the quota slows down. */
  keepRates(nowMs: number): void {
    this.#rates.slowDown(this.quota?.limits.atEnd === 'slow' && this.quota.exceeded(nowMs) !== undefined)
  }

  /** Sets what users of the token do at each other node: the limits of the policy are for all nodes together. */
  setElsewhere(loads: readonly TokenLoad[]): void {
    this.#elsewhere = sumOf(loads)
    this.slots.resize(slotsOf(this.#policy, this.#options.server, this.#elsewhere.channels))
    this.#rates.share(loads)
  }

  /** What users of the token do at this node, with this number of links. Called once a second, to keep its shares. */
  loadWith(links: number): TokenLoad {
    this.#rates.share()
    return { links, channels: this.slots.used, ...this.#rates.speed() }
  }

  /** Checks a client that wants a link. @throws Forbidden, or RetryLater if it may try again */
  permit(remoteAddress: string): void {
    const fault = this.policy.linkFault({ role: this.#role, remoteAddress, nowMs: Date.now() })
    if (fault === undefined) return
    this.refused(fault.reason)
    throw fault.final ? new Forbidden(fault.reason) : new RetryLater(fault.reason)
  }

  /** Checks that the token may have another link besides `links`. @throws RetryLater */
  assertRoom(links: number): void {
    const { maxLinks = Infinity } = this.policy
    const { shared = this } = this.#options
    if (links + shared.#elsewhere.links < maxLinks) return
    const reason = `the limit of ${maxLinks} links of this token is reached`
    this.refused(reason)
    throw new RetryLater(reason)
  }

  /** Reason why no channel may begin now; undefined if one may. */
  channelRefusal(): RelayError | undefined {
    const nowMs = Date.now()
    const detail = this.policy.timeFault(nowMs) ?? this.#quotaFault(nowMs)
    if (detail === undefined) return undefined
    this.refused(detail)
    return new RelayError({ word: 'forbidden', detail })
  }

  /** Logs the refusal that its user received, at a limited rate. */
  refused(reason: string): void {
    const { record, rareLog } = this.#options
    rareLog.warn(`the policy of token ${labelOf(record, this.policy)} refused its user`, reason)
  }

  #openQuota(): Quota | undefined {
    const { record, server, quotas } = this.#options
    const policy = this.#policy
    if (policy.quota === undefined) return undefined
    const warn = (what: string, { period, usedBytes, limitBytes }: QuotaUse): void => {
      server.logger.warn(
        { tenant: labelOf(record, policy), period, usedBytes, limitBytes },
        `token ${labelOf(record, policy)} has used ${what} of its quota`,
      )
    }
    return quotas.open(record.token, policy.quota, {
      onWarning: (use) => warn('80 %', use),
      onUsedUp: (use) => warn('all', use),
    })
  }

  #quotaFault(nowMs: number): string | undefined {
    if (this.quota === undefined || this.quota.limits.atEnd === 'slow') return undefined
    const exceeded = this.quota.exceeded(nowMs)
    return exceeded === undefined ? undefined : quotaFault(exceeded)
  }
}

/**
 * Slots of a token at this node: `elsewhere` are channels of other nodes, which the policy counts. The limit of the
 * server protects its process, and counts those of this one only.
 */
function slotsOf({ maxChannels = Infinity }: Policy, server: ResolvedServerOptions, elsewhere = 0): Slots {
  const { maxTokenChannels } = server
  const limit = Math.max(0, maxChannels - elsewhere)
  if (limit < maxTokenChannels) return { limit, what: whatOf(elsewhere) }
  return { limit: maxTokenChannels, what: 'channels of this token (--max-token-channels)' }
}

type Slots = Pick<ChannelSlotsOptions, 'limit' | 'what'>

function whatOf(elsewhere: number): string {
  const others = elsewhere > 0 ? `, with ${elsewhere} at other nodes` : ''
  return `channels of this token (its policy${others})`
}

/** Reason why a datagram is dropped. */
const beyondRate = 'datagrams beyond the rate of this token are dropped'

/** Name of a token where its text must not appear. */
function labelOf({ token }: TokenRecord, { name }: Policy): string {
  return name ?? tokenId(token)
}

const roles = {
  forward: 'client',
  reverse: 'provider',
  connector: 'connector',
} as const satisfies Record<TokenRecord['kind'], PolicyRole>
