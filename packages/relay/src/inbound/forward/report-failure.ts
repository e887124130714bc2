import type { Failure } from '../../errors.js'
import { formatFailure } from '../../failure.js'
import { formatListenAddress } from '../../listen/listen-address.js'
import { formatTarget } from '../../target.js'
import { type Forward, formatForward } from './forward-spec.js'
import type { PortForwardOptions } from './port-forward-options.js'

/** Logs why a target was not reached, for the owner of the port: the connection itself cannot carry the reason. */
export function reportFailure(forward: Forward, failure: Failure, { logger, rareLog }: PortForwardOptions): void {
  const text = formatFailure(failure)
  if (rareLog === undefined) logger.warn({ forward: formatForward(forward) }, `not reached: ${text}`)
  else
    rareLog.warn(
      `connections at ${placeOf(forward)} do not reach their target`,
      `${formatTarget(forward.target)}: ${text}`,
    )
}

/** Place of a forward without its target, which a stranger may have chosen: the log keeps a line for each text. */
function placeOf({ protocol, listenOn }: Forward): string {
  return `${protocol} ${formatListenAddress(listenOn)}`
}
