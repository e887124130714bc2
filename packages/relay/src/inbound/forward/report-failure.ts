import type { Failure } from '../../errors.js'
import { formatFailure } from '../../failure.js'
import type { ForwardOptions } from './forward-options.js'
import { type Forward, formatForward } from './forward-spec.js'

/** A connection cannot carry the reason why its target was not reached, so the owner of the port reads it in the log. */
export function reportFailure(forward: Forward, failure: Failure, { logger, rareLog }: ForwardOptions): void {
  const text = formatFailure(failure)
  if (rareLog === undefined) logger.warn({ forward: formatForward(forward) }, `not reached: ${text}`)
  else rareLog.warn(`connections at ${formatForward(forward)} do not reach their target`, text)
}
