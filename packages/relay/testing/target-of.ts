import { RelayError } from '../src/errors.js'
import { parseTarget, type CheckedTarget } from '../src/target.js'

/** Parses a valid target. */
export function targetOf(host: string, port = 80): CheckedTarget {
  const target = parseTarget({ host, port })
  if (target instanceof RelayError) throw target
  return target
}
