import type { CheckedTarget } from '../target.js'

/** Targets that one user may reach. It restricts the rules for all users, and never extends them. */
export interface TargetCheck {
  /** Whether some addresses are closed, so that a name that is allowed by its text must be resolved. */
  readonly closesAddresses: boolean
  /**
   * Reason why a target is closed, as text to follow its name; undefined if it is open.
   *
   * @param resolved The target at the address its name resolved to. @default the target itself
   */
  faultOf(target: CheckedTarget, resolved?: CheckedTarget): string | undefined
  /** Does the same as {@link faultOf}, without the rules that allow. */
  closes(target: CheckedTarget): string | undefined
}

/** Combines two checks: a target must be allowed by both. */
export function bothChecks(first: TargetCheck | undefined, second: TargetCheck): TargetCheck {
  if (first === undefined) return second
  return {
    closesAddresses: first.closesAddresses || second.closesAddresses,
    faultOf: (target, resolved) => first.faultOf(target, resolved) ?? second.faultOf(target, resolved),
    closes: (target) => first.closes(target) ?? second.closes(target),
  }
}
