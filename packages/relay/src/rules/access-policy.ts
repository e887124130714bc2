import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { formatTarget, type CheckedTarget, targetAt } from '../target.js'
import type { AccessRules } from './access-rules.js'
import type { Guard } from './guard.js'
import type { Routes } from './routes.js'
import type { TargetCheck } from './target-check.js'

export interface AccessPolicyOptions {
  /** A target must match one, by its name or by the address it resolves to. */
  readonly rules: AccessRules
  /** `reject` among them holds for addresses that names resolve to as well. */
  readonly routes: Routes
  /** Applies on top of the rules. */
  readonly guard: Guard
  /** Rules of the one user that this is for, on top of all others. @default none */
  readonly user?: TargetCheck | undefined
}

/**
 * All rules that can block a target. Each method returns the reason to refuse, or undefined to allow.
 *
 * For a name that is resolved here, each address is checked before it is dialled ({@link refusalAt}). So a name cannot
 * lead to a forbidden address, even if it resolved to another one before.
 */
export class AccessPolicy {
  readonly #options: AccessPolicyOptions

  constructor(options: AccessPolicyOptions) {
    this.#options = options
  }

  /** The same policy for a user with rules of their own. */
  narrowedBy(user: TargetCheck): AccessPolicy {
    return new AccessPolicy({ ...this.#options, user })
  }

  /** For a target that another program resolves, such as an upstream proxy. */
  refusalOf(target: CheckedTarget): RelayError | undefined {
    const { rules, guard, user } = this.#options
    const fault = guard.faultOf(target) ?? (rules.allows(target) ? user?.faultOf(target) : notAllowed)
    return fault === undefined ? undefined : forbidden(`${formatTarget(target)} ${fault}`)
  }

  /** For a target to be reached at `address`, which is its own or the one its name resolved to. */
  refusalAt(target: CheckedTarget, address: string): RelayError | undefined {
    const resolved = resolvedTo(target, address)
    const fault = resolved === undefined ? 'is no address' : this.#faultOf(target, resolved)
    return fault === undefined ? undefined : forbidden(`${describe(target, address)} ${fault}`)
  }

  #faultOf(target: CheckedTarget, resolved: CheckedTarget): string | undefined {
    const { rules, routes, guard, user } = this.#options
    const closed = guard.faultOf(resolved)
    if (closed !== undefined) return closed
    if (!rules.allows(target) && !rules.allows(resolved)) return notAllowed
    const closedToUser = user?.faultOf(target, resolved)
    if (closedToUser !== undefined) return closedToUser
    const rule = routes.rejecting(target, resolved)
    return rule === undefined ? undefined : `is rejected by the route "${rule}"`
  }
}

const notAllowed = 'is not among the allowed targets'

/** Avoids parsing an address again; most datagrams carry one. */
function resolvedTo(target: CheckedTarget, address: string): CheckedTarget | undefined {
  if (target.address?.text === address) return target
  const parsed = parseIpAddress(address)
  return parsed === undefined ? undefined : targetAt(target, parsed)
}

function describe(target: CheckedTarget, address: string): string {
  const asked = formatTarget(target)
  return target.host === address ? asked : `${asked}, at ${address},`
}

function forbidden(detail: string): RelayError {
  return new RelayError({ word: 'forbidden', detail })
}
