import { type Logger, type LoggerWithParts, type LogPart, logParts } from '@ls/foundation'

/** Levels, from the most to the fewest lines. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

/** @throws RangeError for an unknown level */
export function parseLogLevel(level: string): LogLevel {
  const known = logLevels.find((name) => name === level)
  if (known === undefined) throw new RangeError(`there is no level "${level}"; it is one of ${logLevels.join(', ')}`)
  return known
}

/** Levels of the log, which may change while the program runs: one for all lines, or one for a part. */
export class LogLevels {
  /** Levels by the part that they were set for, the newest last; `undefined` is the whole log. */
  readonly #levels = new Map<string | undefined, LogLevel>()
  readonly #roles = new Set<string>()
  readonly #sources = new Map<string, LineSource>()

  /** @param level The level of all parts. */
  constructor(level: LogLevel) {
    this.#levels.set(undefined, level)
  }

  /** Whether lines of this level are written for at least one part. */
  isAnyEnabled(level: LogLevel): boolean {
    return [...this.#levels.values()].some((each) => logLevels.indexOf(each) <= logLevels.indexOf(level))
  }

  /** Returns a logger that writes to `logger` the lines that these levels allow, now and after each change. */
  filter(logger: Logger): Logger {
    return new FilteredLogger({ logger, sourceOf: (role, part) => this.#sourceOf(role, part) })
  }

  /** Adds a role of the configuration file to the parts, and returns a logger for its lines. */
  role(name: string, logger: Logger): Logger {
    this.#roles.add(name)
    return logger.child({ role: name })
  }

  /**
   * Changes the level of the whole log, or of one part: a library or a role. The latest change decides for a line of
   * both. @throws RangeError for an unknown level or part
   */
  set(level: string, part?: string): void {
    const known = parseLogLevel(level)
    if (part === undefined) this.#levels.clear()
    else this.#checkPart(part)
    // Added again, so that it is the newest.
    this.#levels.delete(part)
    this.#levels.set(part, known)
    for (const source of this.#sources.values()) this.#apply(source)
  }

  #checkPart(part: string): void {
    const parts = [...this.#roles, ...logParts]
    if (!parts.includes(part)) throw new RangeError(`there is no part "${part}"; there is ${parts.join(', ')}`)
  }

  /** One object for all loggers of the same role and part: there are few, whatever the number of loggers. */
  #sourceOf(role: string | undefined, part: LogPart | undefined): LineSource {
    const key = JSON.stringify([role, part])
    let source = this.#sources.get(key)
    if (source === undefined) {
      source = { role, part, least: 0 }
      this.#apply(source)
      this.#sources.set(key, source)
    }
    return source
  }

  #apply(source: LineSource): void {
    for (const [part, level] of this.#levels) {
      if (part === undefined || part === source.role || part === source.part) source.least = logLevels.indexOf(level)
    }
  }
}

/** The lines of one library in one role, and the least level of them that is written. */
interface LineSource {
  readonly role: string | undefined
  readonly part: LogPart | undefined
  /** An index of {@link logLevels}. */
  least: number
}

interface FilteredLoggerOptions {
  readonly logger: Logger
  sourceOf(role: string | undefined, part: LogPart | undefined): LineSource
}

const [trace, debug, info, warn, error] = [0, 1, 2, 3, 4] as const

class FilteredLogger implements LoggerWithParts {
  readonly #options: FilteredLoggerOptions
  readonly #source: LineSource
  readonly #parts = new Map<LogPart, Logger>()

  constructor(options: FilteredLoggerOptions, source = options.sourceOf(undefined, undefined)) {
    this.#options = options
    this.#source = source
  }

  trace(fields: object, text?: string): void {
    if (this.#source.least <= trace) this.#options.logger.trace(fields, text)
  }

  debug(fields: object, text?: string): void {
    if (this.#source.least <= debug) this.#options.logger.debug(fields, text)
  }

  info(fields: object, text?: string): void {
    if (this.#source.least <= info) this.#options.logger.info(fields, text)
  }

  warn(fields: object, text?: string): void {
    if (this.#source.least <= warn) this.#options.logger.warn(fields, text)
  }

  error(fields: object, text?: string): void {
    if (this.#source.least <= error) this.#options.logger.error(fields, text)
  }

  child(fields: object): Logger {
    const { sourceOf, logger } = this.#options
    const { role, part } = this.#source
    const ofRole = 'role' in fields && typeof fields.role === 'string' ? fields.role : role
    return new FilteredLogger({ sourceOf, logger: logger.child(fields) }, sourceOf(ofRole, part))
  }

  /** Kept, since each session asks for the same parts. */
  part(name: LogPart): Logger {
    const { role, part } = this.#source
    if (name === part) return this
    let logger = this.#parts.get(name)
    if (logger === undefined) {
      logger = new FilteredLogger(this.#options, this.#options.sourceOf(role, name))
      this.#parts.set(name, logger)
    }
    return logger
  }
}
