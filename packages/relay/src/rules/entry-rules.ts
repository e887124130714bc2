import { type DnsOptions, type NameResolver, resolveAll, resolversFor } from '@ls/dial'
import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { failureOf } from '../failure.js'
import { formatTarget, type CheckedTarget, targetAt } from '../target.js'
import { type AccessRules, parseAccessRules } from './access-rules.js'
import type { TargetCheck } from './target-check.js'

/** Options of {@link EntryRules}. */
export interface EntryRulesOptions {
  /** How names are resolved. @default as the system does */
  readonly dns?: DnsOptions | undefined
  /** Rules of the user, in addition to those for all. @default none */
  readonly user?: TargetCheck | undefined
  /** Identity of the tenant: lookups of one tenant do not delay those of another. @default none */
  readonly tenant?: unknown
}

/**
 * Rules for targets that the users of a proxy port may request.
 *
 * A name that no rule mentions is resolved here, and all its addresses must be allowed; so is any name if addresses are
 * closed to the user. The other end resolves it again, so only rules there control which address is dialled.
 */
export class EntryRules {
  readonly #rules: AccessRules
  readonly #user: TargetCheck | undefined
  readonly #resolver: NameResolver
  readonly #tenant: unknown

  /** @throws RangeError for an invalid rule or name server */
  constructor(rules: readonly string[], { dns, user, tenant }: EntryRulesOptions = {}) {
    this.#rules = parseAccessRules(rules)
    this.#user = user
    this.#tenant = tenant
    this.#resolver = resolversFor(dns).targets
  }

  /** Resolves with the reason why a target is not allowed; undefined if it is. */
  async refusalOf(target: CheckedTarget): Promise<RelayError | undefined> {
    const fault = this.#faultAt(target, target)
    if (fault === undefined && !this.#mustLookUp(target)) return undefined
    if (fault !== undefined && this.#isFinal(target)) return forbidden(target, fault)
    try {
      const addresses = await resolveAll(this.#resolver, target.host, { tenant: this.#tenant })
      const faults = addresses.map((address) => this.#faultOf(target, address))
      const found = faults.find((each) => each !== undefined)
      return found === undefined ? undefined : forbidden(target, found)
    } catch (error) {
      return new RelayError(failureOf(error, formatTarget(target)))
    }
  }

  /** Whether a name that is allowed by its text may resolve to an address that is closed. */
  #mustLookUp({ address }: CheckedTarget): boolean {
    return address === undefined && this.#user?.closesAddresses === true
  }

  /** Whether a target is closed whatever address it resolves to. */
  #isFinal(target: CheckedTarget): boolean {
    return target.address !== undefined || this.#user?.closes(target) !== undefined
  }

  #faultOf(target: CheckedTarget, text: string): string | undefined {
    const address = parseIpAddress(text)
    return address === undefined ? notAllowed : this.#faultAt(target, targetAt(target, address))
  }

  #faultAt(target: CheckedTarget, resolved: CheckedTarget): string | undefined {
    const isAllowed = this.#rules.allows(target) || this.#rules.allows(resolved)
    return isAllowed ? this.#user?.faultOf(target, resolved) : notAllowed
  }
}

const notAllowed = 'is not among the allowed targets'

function forbidden(target: CheckedTarget, fault: string): RelayError {
  return new RelayError({ word: 'forbidden', detail: `${formatTarget(target)} ${fault}` })
}
