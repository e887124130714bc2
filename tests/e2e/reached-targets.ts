import { type Logger, silentLogger } from '@ls/foundation'

/** A logger that notes which targets an outbound has reached, as `host:port`: what went past the proxy is not there. */
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
