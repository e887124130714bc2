import { guardLevels, type Networks, parseNetworks, TargetRules } from '@ls/relay'
import { HostPatterns } from '../expose/hosts/host-patterns.js'
import { Fields } from './fields.js'
import { Hours } from './hours.js'
import type { PolicyOptions, PolicyRole, QuotaEnd } from './policy-options.js'

/** Reason why a client is refused a link. */
export interface LinkFault {
  /** Text for the user and the log. */
  readonly reason: string
  /** Whether a later attempt cannot succeed. */
  readonly final: boolean
}

/** Rate in bytes a second; undefined for no limit. */
export interface Rate {
  /** From the client. */
  readonly up: number | undefined
  /** To the client. */
  readonly down: number | undefined
  /** Bytes that may pass in one burst after a pause. */
  readonly burstBytes: number | undefined
}

/** Bytes that may be moved in a period; undefined for no limit. */
export interface QuotaLimits {
  /** Bytes in a day (UTC), both ways together. */
  readonly day: number | undefined
  /** Bytes in a calendar month (UTC), both ways together. */
  readonly month: number | undefined
  /** Action when the quota is used up. */
  readonly atEnd: QuotaEnd
  /** Rate after the quota is used up, in bytes a second, for `slow`. */
  readonly slowRate: number | undefined
}

/** Request of a client for a link. */
export interface LinkRequest {
  /** Requested role; undefined if the policy does not limit roles here. */
  readonly role: PolicyRole | undefined
  /** Address as `plainAddress` returns it. */
  readonly remoteAddress: string
  /** Time of the request, in milliseconds since 1970. */
  readonly nowMs: number
}

/** Policy of a token, parsed and checked. */
export class Policy {
  /** Options that it was made from. */
  readonly options: PolicyOptions
  readonly name: string | undefined
  /** Rules for targets; undefined where every target is open. */
  readonly targets: TargetRules | undefined
  /** Most open channels; undefined for no limit. */
  readonly maxChannels: number | undefined
  /** Most links; undefined for no limit. */
  readonly maxLinks: number | undefined
  /** Rate in bytes a second. */
  readonly rate: Rate | undefined
  /** Bytes that the token may move in a day and in a month. */
  readonly quota: QuotaLimits | undefined
  /** Host names that its providers may expose; undefined for those that the server allows. */
  readonly hosts: HostPatterns | undefined
  /** Time of expiry, in milliseconds since 1970; undefined for never. */
  readonly expiresAtMs: number | undefined
  readonly #sources: Networks | undefined
  readonly #roles: readonly PolicyRole[] | undefined
  readonly #hours: Hours | undefined

  /**
   * Parses a policy from JSON of any origin.
   *
   * @param path Keys that lead to it, for errors.
   * @throws PolicyFault that names the key
   */
  static parse(value: unknown, path: readonly string[] = ['policy']): Policy {
    return new Policy(new Fields(value, path, keys), value as PolicyOptions)
  }

  /** Does the same as {@link Policy.parse}; a policy that is parsed already is returned as it is. */
  static of(policy: Policy | PolicyOptions): Policy {
    return policy instanceof Policy ? policy : Policy.parse(policy)
  }

  private constructor(fields: Fields, options: PolicyOptions) {
    this.options = options
    this.name = fields.text('name', 64)
    fields.text('note', 1000)
    this.targets = targetsOf(fields)
    this.#sources = sourcesOf(fields)
    this.#roles = fields.choices('roles', policyRoles)
    this.maxChannels = fields.integer('maxChannels', 1, 1_000_000)
    this.maxLinks = fields.integer('maxLinks', 1, 1_000_000)
    this.rate = rateOf(fields)
    this.quota = quotaOf(fields)
    this.hosts = hostsOf(fields)
    this.expiresAtMs = expiryOf(fields)
    this.#hours = hoursOf(fields)
  }

  /** Reason why a client may not connect now; undefined if it may. */
  linkFault({ role, remoteAddress, nowMs }: LinkRequest): LinkFault | undefined {
    if (role !== undefined && this.#roles?.includes(role) === false)
      return { reason: `the token is not for a ${role}`, final: true }
    if (this.#sources?.has(remoteAddress) === false) {
      return { reason: `the token may not be used from ${remoteAddress}`, final: true }
    }
    const reason = this.timeFault(nowMs)
    return reason === undefined ? undefined : { reason, final: this.hasExpired(nowMs) }
  }

  /** Reason why nothing new may begin at this time; undefined if it may. */
  timeFault(nowMs: number): string | undefined {
    if (this.hasExpired(nowMs)) return `the token expired at ${new Date(this.expiresAtMs ?? 0).toISOString()}`
    return this.#hours?.include(nowMs) === false ? 'the token may not be used at this hour' : undefined
  }

  /** Whether the policy has expired at `nowMs`, in milliseconds since 1970. */
  hasExpired(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && nowMs >= this.expiresAtMs
  }
}

const policyRoles = ['client', 'provider', 'connector'] as const satisfies readonly PolicyRole[]

const keys = [
  'name',
  'note',
  'allow',
  'deny',
  'guard',
  'sources',
  'roles',
  'maxChannels',
  'maxLinks',
  'rate',
  'quota',
  'hosts',
  'expiresAt',
  'hours',
] as const satisfies readonly (keyof PolicyOptions)[]

/** Most rules: each is compared with each target. */
const maxRules = 1000

function targetsOf(fields: Fields): TargetRules | undefined {
  const allow = fields.texts('allow', maxRules)
  const deny = fields.texts('deny', maxRules)
  const guard = fields.choice('guard', guardLevels)
  // Parsed one after the other, so that an error names its key.
  if (allow !== undefined) fields.parsed('allow', () => new TargetRules({ allow }))
  if (deny !== undefined) fields.parsed('deny', () => new TargetRules({ deny }))
  if (allow === undefined && deny === undefined && (guard ?? 'none') === 'none') return undefined
  return new TargetRules({ allow: allow ?? [], deny: deny ?? [], guard: guard ?? 'none' })
}

function hostsOf(fields: Fields): HostPatterns | undefined {
  const hosts = fields.texts('hosts', maxRules)
  return hosts === undefined ? undefined : fields.parsed('hosts', () => new HostPatterns(hosts))
}

function sourcesOf(fields: Fields): Networks | undefined {
  const sources = fields.texts('sources', maxRules)
  return sources === undefined ? undefined : fields.parsed('sources', () => parseNetworks(sources))
}

/** Smallest rate, in bytes a second: below it, a single message of a link would take minutes. */
const minRate = 1024

/** Largest rate: 8 Tbit/s. More is a mistake. */
const maxRate = 1e12

function rateOf(fields: Fields): Rate | undefined {
  const rate = fields.object('rate', ['up', 'down', 'burst'])
  if (rate === undefined) return undefined
  const [up, down] = [rate.amount('up', minRate, maxRate), rate.amount('down', minRate, maxRate)]
  return { up, down, burstBytes: rate.amount('burst', 1, maxRate) }
}

const quotaEnds = ['refuse', 'end', 'slow'] as const satisfies readonly QuotaEnd[]

/** Largest quota, in bytes: 8 EB. Larger numbers are not exact. */
const maxQuota = Number.MAX_SAFE_INTEGER

function quotaOf(fields: Fields): QuotaLimits | undefined {
  const quota = fields.object('quota', ['day', 'month', 'atEnd', 'rate'])
  if (quota === undefined) return undefined
  const [day, month] = [quota.amount('day', 1, maxQuota), quota.amount('month', 1, maxQuota)]
  const atEnd = quota.choice('atEnd', quotaEnds) ?? 'refuse'
  const slowRate = quota.amount('rate', minRate, maxRate)
  return fields.parsed('quota', () => {
    if (day === undefined && month === undefined) throw new RangeError('it needs day, month or both')
    if (atEnd === 'slow' && slowRate === undefined) throw new RangeError('atEnd "slow" needs rate')
    if (atEnd !== 'slow' && slowRate !== undefined) throw new RangeError('rate needs atEnd "slow"')
    return { day, month, atEnd, slowRate }
  })
}

/**
 * Parses an expiry time (RFC 3339) with date, time and zone. Without a zone its meaning would depend on the machine.
 */
function expiryOf(fields: Fields): number | undefined {
  const text = fields.text('expiresAt', 64)
  if (text === undefined) return undefined
  return fields.parsed('expiresAt', () => {
    const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    const atMs = isWhole ? Date.parse(text) : Number.NaN
    if (Number.isNaN(atMs)) throw new RangeError(`"${text}" is no time such as 2027-01-31T00:00:00Z`)
    return atMs
  })
}

function hoursOf(fields: Fields): Hours | undefined {
  const hours = fields.object('hours', ['open', 'zone'])
  if (hours === undefined) return undefined
  const zone = hours.text('zone', 64)
  if (zone !== undefined) hours.parsed('zone', () => new Hours([], zone))
  const open = hours.texts('open', 100) ?? []
  return hours.parsed('open', () => {
    if (open.length === 0) throw new RangeError('it is missing')
    return new Hours(open, zone)
  })
}
