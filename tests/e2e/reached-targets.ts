import { type Logger, silentLogger } from '@ls/foundation'

/**
 * A logger that records the targets that an outbound has reached, as `host:port`. Connections that do not use the proxy
 * are not in it.
 */
export function reachedTargets(): { readonly logger: Logger; readonly targets: string[] } {
  const targets: string[] = []
  const logger: Logger = {
    ...silentLogger,
    debug: (fields: object, text?: string) => {
      if (text === 'target reached') targets.push((fields as { target: string }).target)
    },
    child: () => logger,
  }
  return { logger, targets }
}
