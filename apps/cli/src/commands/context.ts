import type { Logger } from '@ls/foundation'
import type { Draining } from '../life/draining.js'
import type { ServiceManager } from '../life/service-manager.js'
import type { AccessLog } from '../output/access-log.js'
import type { LogLevels } from '../output/log-levels.js'
import type { Redactor } from '../output/redactor.js'
import type { Restart } from '../restart/restart.js'

/** Process services for a running command. */
export interface CommandContext {
  readonly logger: Logger
  /** Gets every token that is made while running. */
  readonly redactor: Redactor
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal
  /** The request to take nothing new, and to end when idle. */
  readonly draining: Draining
  /**
   * Takes over from the process before, and has a new one take over from this one. @default none: the command has no
   * servers
   */
  readonly restart?: Restart | undefined
  readonly levels: LogLevels
  /** Who started the program, and wants to know how it does. */
  readonly service: ServiceManager
  /** Gets each connection of a server that is over; undefined without an access log. */
  readonly accessLog: AccessLog | undefined
  /** Writes a line for scripts to standard output, such as addresses and generated tokens. */
  print(line: string): void
  /** How the program was called, for command lines that are to be typed next. */
  readonly program: string
}

/** Time, in milliseconds, for open channels to finish once the process is asked to end. */
export const graceMs = 5000

/** Tells a user who pressed Ctrl-C why the program waits, and how to end it at once. */
export function tellWhatIsWaitedFor(openChannels: number, logger: Logger): void {
  if (openChannels === 0) return
  const what = openChannels === 1 ? '1 connection is' : `${openChannels} connections are`
  logger.info({}, `${what} open: waiting ${graceMs / 1000} s at most; the same signal again ends it now`)
}
