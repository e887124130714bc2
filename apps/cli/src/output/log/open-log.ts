import type { EventEmitter } from 'node:events'
import type { Logger } from '@ls/foundation'
import type { Run } from '../../arguments/run.js'
import type { Worker } from '../../workers/worker.js'
import { AccessLog } from '../access-log.js'
import { describeError, messageOf } from '../describe-error.js'
import { escapeControlsInLines } from '../escape-controls.js'
import { LineOutput } from '../line-output.js'
import type { Redactor } from '../redactor.js'
import { LogLevels } from './log-levels.js'
import { createLogger, logLevel } from './logger.js'
import { openLogFiles } from './open-log-files.js'

/** What the log of a command depends on, besides its settings. */
export interface LogParts {
  readonly redactor: Redactor
  /** Source of the signal to open files again. */
  readonly signals: EventEmitter
  /** This process as one of several; undefined for the only one. */
  readonly worker: Worker | undefined
}

/** The log of a command that runs. */
export interface ProgramLog {
  readonly logger: Logger
  readonly levels: LogLevels
  /** Undefined where none is asked for. */
  readonly accessLog: AccessLog | undefined
  /**
   * Reports the error that ends the command: in the log, and on standard error where the log is silent or a file, which
   * the user does not see, and which may be on a full disk.
   */
  report(error: unknown): void
}

/** Opens the log of a command. @throws UsageError for a file that cannot be opened */
export async function openLog({ settings, command }: Run, parts: LogParts): Promise<ProgramLog> {
  const { redactor, signals, worker } = parts
  // A person reads the output of the demo, and needs only the next steps; ssh shows that of connect at each login.
  const level = logLevel(settings, command === 'demo' || command === 'connect' ? 'warn' : 'info')
  /** The logger, once there is one. */
  const made: { logger?: Logger } = {}
  const files = await openLogFiles(settings, signals, (text) => made.logger?.error({}, text))
  const levels = new LogLevels(level)
  const plainLogger = await createLogger({
    levels,
    format: settings.logFormat,
    redactor,
    output: files.log ?? new LineOutput(2),
    environment: process.env,
  })
  const logger = worker === undefined ? plainLogger : plainLogger.child({ worker: worker.index })
  made.logger = logger
  return {
    logger,
    levels,
    accessLog: files.access === undefined ? undefined : new AccessLog(files.access, redactor),
    report: (error) => {
      if (level === 'silent' || files.log !== undefined)
        process.stderr.write(`linksocks: ${escapeControlsInLines(redactor.clean(messageOf(error)))}\n`)
      const description = describeError(error)
      logger.error(settings.debug > 0 ? { err: error } : { code: description.code }, description.message)
    },
  }
}
