import { type DnsOptions, type NameResolver, resolveAll, resolversFor } from '@ls/dial'
import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { failureOf } from '../failure.js'
import { type AccessRules, parseAccessRules } from './access-rules.js'
import { formatTarget, type Target, targetAt } from '../target.js'

/**
 * Which targets the users of a proxy port may ask for.
 *
 * A name that no rule mentions is looked up here, and all its addresses must be allowed. The other end does its own
 * lookup, so only rules there control what is dialled.
 */
export class EntryRules {
  readonly #rules: AccessRules
  readonly #resolver: NameResolver

  /** @throws RangeError for a rule or a name server that is not valid */
  constructor(rules: readonly string[], dns?: DnsOptions) {
    this.#rules = parseAccessRules(rules)
    this.#resolver = resolversFor(dns).targets
  }

  /** Why a target is not allowed; undefined if it is. */
  async refusalOf(target: Target): Promise<RelayError | undefined> {
    if (this.#rules.allows(target)) return undefined
    if (target.address !== undefined) return notAllowed(target)
    try {
      const addresses = await resolveAll(this.#resolver, target.host)
      return addresses.every((address) => this.#allowsAt(target, address)) ? undefined : notAllowed(target)
    } catch (error) {
      return new RelayError(failureOf(error, formatTarget(target)))
    }
  }

  #allowsAt(target: Target, text: string): boolean {
    const address = parseIpAddress(text)
    return address !== undefined && this.#rules.allows(targetAt(target, address))
  }
}

function notAllowed(target: Target): RelayError {
  return new RelayError({ word: 'forbidden', detail: `${formatTarget(target)} is not among the allowed targets` })
}
