import { parseIpAddress } from '../address/ip-address.js'
import { RelayError } from '../errors.js'
import { formatTarget, type CheckedTarget, targetAt } from '../target.js'
import type { AccessRules } from './access-rules.js'
import type { Guard } from './guard.js'
import type { Routes } from './routes.js'
import type { TargetCheck } from './target-check.js'

export interface AccessPolicyOptions {
  /** Rules of which a target must match one, by its name or by the address it resolves to. */
  readonly rules: AccessRules
  /** Routes; a `reject` also applies to addresses to which names resolve. */
  readonly routes: Routes
  /** Guard that applies in addition to the rules. */
  readonly guard: Guard
  /** Rules of one user, in addition to all others. @default none */
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

  /** The same policy for a user with additional rules. */
  narrowedBy(user: TargetCheck): AccessPolicy {
    return new AccessPolicy({ ...this.#options, user })
  }

  /** Checks a target that another program resolves, such as an upstream proxy. */
  refusalOf(target: CheckedTarget): RelayError | undefined {
    const { rules, guard, user } = this.#options
    const closed = guard.faultOf(target)
    if (closed !== undefined) return closedByGuard(`${formatTarget(target)} ${closed}`)
    const fault = rules.allows(target) ? user?.faultOf(target) : notAllowed
    return fault === undefined ? undefined : forbidden(`${formatTarget(target)} ${fault}`)
  }

  /** Checks a target that is reached at `address`, which is its own or the one its name resolved to. */
  refusalAt(target: CheckedTarget, address: string): RelayError | undefined {
    const resolved = resolvedTo(target, address)
    const closed = resolved === undefined ? undefined : this.#options.guard.faultOf(resolved)
    if (closed !== undefined) return closedByGuard(`${describe(target, address)} ${closed}`)
    const fault = resolved === undefined ? 'is no address' : this.#faultOf(target, resolved)
    return fault === undefined ? undefined : forbidden(`${describe(target, address)} ${fault}`)
  }

  #faultOf(target: CheckedTarget, resolved: CheckedTarget): string | undefined {
    const { rules, routes, user } = this.#options
    if (!rules.allows(target) && !rules.allows(resolved)) return notAllowed
    const closedToUser = user?.faultOf(target, resolved)
    if (closedToUser !== undefined) return closedToUser
    const rule = routes.rejecting(target, resolved)
    return rule === undefined ? undefined : `is rejected by the route "${rule}"`
  }
}

const notAllowed = 'is not among the allowed targets'

/** Target at a resolved address; the parsed address is reused where possible, since most datagrams contain one. */
function resolvedTo(target: CheckedTarget, address: string): CheckedTarget | undefined {
  if (target.address?.text === address) return target
  const parsed = parseIpAddress(address)
  return parsed === undefined ? undefined : targetAt(target, parsed)
}

function describe(target: CheckedTarget, address: string): string {
  const asked = formatTarget(target)
  return target.host === address ? asked : `${asked}, at ${address},`
}

function closedByGuard(detail: string): RelayError {
  return new RelayError({ word: 'forbidden', detail, byGuard: true })
}

function forbidden(detail: string): RelayError {
  return new RelayError({ word: 'forbidden', detail })
}
