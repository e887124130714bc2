import type { CheckedTarget } from '../target.js'

/** What one user may reach. It narrows the rules for all, and never widens them. */
export interface TargetCheck {
  /** Some addresses are closed, so a name that is open by its text must be looked up. */
  readonly closesAddresses: boolean
  /**
   * Why a target is closed, as text to follow its name; undefined if it is open.
   *
   * @param resolved The target at the address its name resolved to. @default the target itself
   */
  faultOf(target: CheckedTarget, resolved?: CheckedTarget): string | undefined
  /** As {@link faultOf}, without the rules that allow. */
  closes(target: CheckedTarget): string | undefined
}

/** Opens what both open. */
export function bothChecks(first: TargetCheck | undefined, second: TargetCheck): TargetCheck {
  if (first === undefined) return second
  return {
    closesAddresses: first.closesAddresses || second.closesAddresses,
    faultOf: (target, resolved) => first.faultOf(target, resolved) ?? second.faultOf(target, resolved),
    closes: (target) => first.closes(target) ?? second.closes(target),
  }
}
