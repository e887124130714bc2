import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { formatTarget, type Target, targetAt } from '../target.js'
import type { AccessRules } from './access-rules.js'
import type { Routes } from './routes.js'

export interface AccessPolicyOptions {
  /** A target must match one, by its name or by the address it resolves to. */
  readonly rules: AccessRules
  /** `reject` among them holds for addresses that names resolve to as well. */
  readonly routes: Routes
}

/**
 * All that may keep traffic from a target. Every answer is the reason to refuse; undefined lets it through.
 *
 * A name that is resolved here is judged by each address before that one is dialled ({@link refusalAt}), so a name cannot
 * lead where its address may not, whatever it resolved to before.
 */
export class AccessPolicy {
  readonly #options: AccessPolicyOptions

  constructor(options: AccessPolicyOptions) {
    this.#options = options
  }

  /** For a target that somebody else resolves, such as an upstream proxy. */
  refusalOf(target: Target): RelayError | undefined {
    return this.#options.rules.allows(target) ? undefined : forbidden(`${formatTarget(target)} ${notAllowed}`)
  }

  /** For a target about to be reached at `address`, which is its own or what its name resolved to. */
  refusalAt(target: Target, address: string): RelayError | undefined {
    const { rules, routes } = this.#options
    const what = describe(target, address)
    const parsed = parseIpAddress(address)
    if (parsed === undefined) return forbidden(`${what} is no address`)
    const resolved = targetAt(target, parsed)
    if (!rules.allows(target) && !rules.allows(resolved)) return forbidden(`${what} ${notAllowed}`)
    const rule = routes.rejecting(target, resolved)
    return rule === undefined ? undefined : forbidden(`${what} is rejected by the route "${rule}"`)
  }
}

const notAllowed = 'is not among the allowed targets'

function describe(target: Target, address: string): string {
  const asked = formatTarget(target)
  return target.host === address ? asked : `${asked}, at ${address},`
}

function forbidden(detail: string): RelayError {
  return new RelayError({ word: 'forbidden', detail })
}
