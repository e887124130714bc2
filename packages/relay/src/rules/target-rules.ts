import type { CheckedTarget } from '../target.js'
import { type AccessRules, parseAccessRules } from './access-rules.js'
import { Guard, type GuardOptions } from './guard.js'
import type { TargetCheck } from './target-check.js'
import { parseTargetPattern, type TargetPattern } from './target-pattern.js'

/** Options of {@link TargetRules}: targets of one user, in addition to the rules for all. */
export interface TargetRulesOptions extends GuardOptions {
  /** `ADDR:PORT`; a target must match one, by its name or by the address it resolves to. @default all */
  readonly allow?: readonly string[] | undefined
  /** `ADDR`, `ADDR:PORT` or `:PORT`; closed even if `allow` matches, by name and by address. @default none */
  readonly deny?: readonly string[] | undefined
}

interface Denial {
  readonly text: string
  readonly pattern: TargetPattern
}

/** Targets that one user may reach. They restrict the rules for all users, and never extend them. */
export class TargetRules implements TargetCheck {
  readonly closesAddresses: boolean
  readonly #allow: AccessRules
  readonly #denials: readonly Denial[]
  readonly #guard: Guard

  /** @throws RangeError naming the rule and what is wrong with it */
  constructor(options: TargetRulesOptions) {
    const { allow = [], deny = [], guard = 'none' } = options
    this.#allow = parseAccessRules(allow)
    this.#denials = deny.map(parseDenial)
    this.#guard = new Guard(options)
    this.closesAddresses = guard !== 'none' || this.#denials.some(({ pattern }) => pattern.isAboutAddresses)
  }

  faultOf(target: CheckedTarget, resolved: CheckedTarget = target): string | undefined {
    const closed = this.closes(target) ?? this.closes(resolved)
    if (closed !== undefined) return closed
    return this.#allow.allows(target) || this.#allow.allows(resolved) ? undefined : 'is not among those of this token'
  }

  closes(target: CheckedTarget): string | undefined {
    const denial = this.#denials.find(({ pattern }) => pattern.touches(target))
    if (denial !== undefined) return `is closed to this token by "${denial.text}"`
    return this.#guard.faultOf(target) === undefined ? undefined : "is closed by this token's guard"
  }
}

function parseDenial(text: string): Denial {
  const rule = `deny rule "${text}"`
  const pattern = parseTargetPattern(text, rule)
  if (pattern === undefined) throw new RangeError(`${rule} is not ADDR, ADDR:PORT, ADDR:LOW-HIGH or :PORT`)
  return { text, pattern }
}
