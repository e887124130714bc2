import type { Logger } from '@ls/foundation'
import { describeError } from '../describe-error.js'
import { entryLogger, jsonFields } from '../entry-logger.js'
import type { Redactor } from '../redactor.js'
import type { LogEntry } from './human-log.js'
import type { LogLevel, LogLevels } from './log-levels.js'

export interface LoggerOptions {
  readonly levels: LogLevels
  /** Format; `auto` is `human`, with colours only on a terminal. */
  readonly format: 'auto' | 'human' | 'json'
  readonly redactor: Redactor
  readonly output: LogOutput
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Output for lines; `write` returns false when a line is lost, and `failure` then gives the reason. */
interface LogOutput {
  readonly isTTY?: boolean
  readonly failure?: string | undefined
  write(text: string): boolean
}

/**
 * Creates the logger of the process. The redactor processes each line as the last step before it is written, so that no
 * caller can omit it.
 */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { levels, redactor, output } = options
  const format = await lineFormat(options)
  let lostLines = 0
  /**
   * Writes an entry. A log that cannot be written ends nothing: lost lines are counted, and the next line is preceded
   * by their number.
   */
  const write = (entry: LogEntry): void => {
    const why = output.failure ?? 'unknown'
    const notice = {
      level: 'warn',
      time: entry['time'],
      lostLines,
      why,
      msg: `${lostLines} lines of the log were lost: ${why}`,
    }
    const isWritten = output.write((lostLines > 0 ? format(notice) : '') + format(entry))
    lostLines = isWritten ? 0 : lostLines + 1
  }
  const logger = entryLogger(({ level, time, ...fields }) => {
    const described = jsonFields(describeErrors(fields, levels.isAnyEnabled('debug')))
    write({ level, time, ...redactor.cleanFields(described) })
  })
  return levels.filter(logger)
}

/** Level of the flags. */
export function logLevel(
  { debug, logLevel: asked }: { readonly debug: number; readonly logLevel: LogLevel | undefined },
  usual: LogLevel,
): LogLevel {
  if (asked !== undefined) return asked
  if (debug > 1) return 'trace'
  return debug === 1 ? 'debug' : usual
}

async function lineFormat({ format, output, environment }: LoggerOptions): Promise<(entry: LogEntry) => string> {
  const onTerminal = output.isTTY === true
  if (format === 'json') return (entry) => `${JSON.stringify(entry)}\n`
  const { humanFormat } = await import('./human-log.js')
  // https://no-color.org: any value except the empty one turns colours off.
  return humanFormat({ colours: onTerminal && (environment['NO_COLOR'] ?? '') === '', isoTime: !onTerminal })
}

function describeErrors(fields: Record<string, unknown>, withStack: boolean): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name,
    value instanceof Error ? describeError(value, { withStack }) : value,
  ])
  return Object.fromEntries(entries)
}
