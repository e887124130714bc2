import { type DnsOptions, type NameResolver, resolveAll, resolversFor } from '@ls/dial'
import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { failureOf } from '../failure.js'
import { formatTarget, type CheckedTarget, targetAt } from '../target.js'
import { type AccessRules, parseAccessRules } from './access-rules.js'
import type { TargetCheck } from './target-check.js'

/** Whose rules they are, and how they look up names. */
export interface EntryRulesOptions {
  /** @default as the system does */
  readonly dns?: DnsOptions | undefined
  /** Rules of the user that asks, on top of those for all. @default none */
  readonly user?: TargetCheck | undefined
  /** Identity of the tenant: lookups of one tenant do not delay those of another. @default none */
  readonly tenant?: unknown
}

/**
 * Which targets the users of a proxy port may ask for.
 *
 * A name that no rule mentions is looked up here, and all its addresses must be allowed; so is any name for a user to
 * whom addresses are closed. The other end does its own lookup, so only rules there control what is dialled.
 */
export class EntryRules {
  readonly #rules: AccessRules
  readonly #user: TargetCheck | undefined
  readonly #resolver: NameResolver
  readonly #tenant: unknown

  /** @throws RangeError for a rule or a name server that is not valid */
  constructor(rules: readonly string[], { dns, user, tenant }: EntryRulesOptions = {}) {
    this.#rules = parseAccessRules(rules)
    this.#user = user
    this.#tenant = tenant
    this.#resolver = resolversFor(dns).targets
  }

  /** Why a target is not allowed; undefined if it is. */
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

  /** Whether a name that is open by its text may lead to an address that is closed. */
  #mustLookUp({ address }: CheckedTarget): boolean {
    return address === undefined && this.#user?.closesAddresses === true
  }

  /** Whether no address could make up for the fault of a target. */
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
