import type { Logger } from '@ls/mux'
import { describeError } from './describe-error.js'
import type { LogEntry } from './human-log.js'
import type { Redactor } from './redactor.js'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerOptions {
  readonly level: LogLevel
  /** `auto` is human on a terminal, JSON lines elsewhere. */
  readonly format: 'auto' | 'human' | 'json'
  readonly redactor: Redactor
  readonly output: LogOutput
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The part of a stream that is written to: process.stderr. */
interface LogOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/**
 * Makes the logger of the process. Each line passes the redactor as the last thing before it is written, so that no
 * caller can forget it.
 */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { level, redactor, output } = options
  const [{ pino }, format] = await Promise.all([import('pino'), lineFormat(options)])
  const withStack = level === 'trace' || level === 'debug'
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Errors are described below, whatever their field is called.
      serializers: { err: (value: unknown) => value },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => describeErrors(fields, withStack),
      },
    },
    {
      write: (line: string) => {
        const { level: label, time, ...fields } = JSON.parse(line) as LogEntry
        output.write(format({ level: label, time, ...redactor.cleanFields(fields) }))
      },
    },
  )
  return logger
}

/** The level that the flags ask for. */
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
  if (format === 'json' || (format === 'auto' && !onTerminal)) return (entry) => `${JSON.stringify(entry)}\n`
  const { humanFormat } = await import('./human-log.js')
  // https://no-color.org: any value but the empty one turns colours off.
  return humanFormat({ colours: onTerminal && (environment['NO_COLOR'] ?? '') === '' })
}

function describeErrors(fields: Record<string, unknown>, withStack: boolean): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name,
    value instanceof Error ? describeError(value, { withStack }) : value,
  ])
  return Object.fromEntries(entries)
}
