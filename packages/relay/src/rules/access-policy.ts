import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { formatTarget, type Target, targetAt } from '../target.js'
import type { AccessRules } from './access-rules.js'
import type { Guard } from './guard.js'
import type { Routes } from './routes.js'

export interface AccessPolicyOptions {
  /** A target must match one, by its name or by the address it resolves to. */
  readonly rules: AccessRules
  /** `reject` among them holds for addresses that names resolve to as well. */
  readonly routes: Routes
  /** Holds whatever the rules allow. */
  readonly guard: Guard
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
    const { rules, guard } = this.#options
    const fault = guard.faultOf(target) ?? (rules.allows(target) ? undefined : notAllowed)
    return fault === undefined ? undefined : forbidden(`${formatTarget(target)} ${fault}`)
  }

  /** For a target about to be reached at `address`, which is its own or what its name resolved to. */
  refusalAt(target: Target, address: string): RelayError | undefined {
    const resolved = resolvedTo(target, address)
    const fault = resolved === undefined ? 'is no address' : this.#faultOf(target, resolved)
    return fault === undefined ? undefined : forbidden(`${describe(target, address)} ${fault}`)
  }

  #faultOf(target: Target, resolved: Target): string | undefined {
    const { rules, routes, guard } = this.#options
    const closed = guard.faultOf(resolved)
    if (closed !== undefined) return closed
    if (!rules.allows(target) && !rules.allows(resolved)) return notAllowed
    const rule = routes.rejecting(target, resolved)
    return rule === undefined ? undefined : `is rejected by the route "${rule}"`
  }
}

const notAllowed = 'is not among the allowed targets'

/** Spares an address, as most datagrams have it, being read again. */
function resolvedTo(target: Target, address: string): Target | undefined {
  if (target.address?.text === address) return target
  const parsed = parseIpAddress(address)
  return parsed === undefined ? undefined : targetAt(target, parsed)
}

function describe(target: Target, address: string): string {
  const asked = formatTarget(target)
  return target.host === address ? asked : `${asked}, at ${address},`
}

function forbidden(detail: string): RelayError {
  return new RelayError({ word: 'forbidden', detail })
}
