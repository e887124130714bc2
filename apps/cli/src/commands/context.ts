import type { Logger } from '@ls/foundation'
import type { Draining } from '../life/draining.js'
import type { ServiceManager } from '../life/service-manager.js'
import type { AccessLog } from '../output/access-log.js'
import type { LogLevels } from '../output/log/log-levels.js'
import type { Redactor } from '../output/redactor.js'
import type { Restart } from '../restart/restart.js'
import type { Worker } from '../workers/worker.js'

/** Process services for a running command. */
export interface CommandContext {
  readonly logger: Logger
  /** Receives every token that is created while running. */
  readonly redactor: Redactor
  /** Aborted when the process receives a signal to end. */
  readonly stop: AbortSignal
  /** The request to accept nothing new, and to end when idle. */
  readonly draining: Draining
  /**
   * Takes over from the previous process, and starts a new one that takes over from this one. @default none: the
   * command has no servers
   */
  readonly restart?: Restart | undefined
  /** This process as one of several that share the ports. @default none: it is the only one */
  readonly worker?: Worker | undefined
  readonly levels: LogLevels
  /** The program that started this one, and needs its status. */
  readonly service: ServiceManager
  /** Receives each connection of a server that has ended; undefined without an access log. */
  readonly accessLog: AccessLog | undefined
  /** Writes a line for scripts to standard output, such as addresses and generated tokens. */
  print(line: string): void
  /** The way in which the program was called, for command lines that users type next. */
  readonly program: string
}

/** Time for open channels to finish after a signal to end, in milliseconds. */
export const graceMs = 5000

/** Logs why the program waits after Ctrl-C, and how to end it immediately. */
export function logOpenChannels(openChannels: number, logger: Logger): void {
  if (openChannels === 0) return
  const what = openChannels === 1 ? '1 connection is' : `${openChannels} connections are`
  logger.info({}, `${what} open: waiting ${graceMs / 1000} s at most; the same signal again ends it now`)
}
