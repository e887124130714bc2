import { RelayError } from '../src/errors.js'
import { parseTarget, type Target } from '../src/target.js'

/** The target of a text that has one. */
export function targetOf(host: string, port = 80): Target {
  const target = parseTarget({ host, port })
  if (target instanceof RelayError) throw target
  return target
}
