import type { CheckedTarget } from '../target.js'
import { parseTargetPattern, type TargetPattern } from './target-pattern.js'

/** Rules that decide whether a target may be reached. */
export interface AccessRules {
  /** Whether a target may be reached. */
  allows(target: CheckedTarget): boolean
}

/**
 * Parses rules like `192.168.1.0/24:22`, `10.0.0.5:8000-9000`, `*.internal:443`, `[2001:db8::]/32:*`; a target must
 * match one. No rules allow everything.
 *
 * @throws RangeError naming the rule and what is wrong with it
 */
export function parseAccessRules(rules: readonly string[]): AccessRules {
  const patterns = rules.map(parseRule)
  return { allows: (target) => patterns.length === 0 || patterns.some((pattern) => pattern.matches(target)) }
}

function parseRule(text: string): TargetPattern {
  const rule = `the access rule "${text}"`
  // A rule without a port must not open all ports.
  const pattern = /^.+:[^:]+$/.test(text.trim()) ? parseTargetPattern(text, rule) : undefined
  if (pattern === undefined) throw new RangeError(`${rule} is not ADDR:PORT, ADDR:LOW-HIGH or ADDR:*`)
  return pattern
}
