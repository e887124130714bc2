import type { Logger } from '@ls/foundation'
import { logLevels, type LogLevel } from './logger.js'

/** Levels of the log, which may change while the program runs: one for all, or one for a part. */
export class LogLevels {
  /** Loggers by part: the roles of a configuration file. */
  readonly #parts = new Map<string, LeveledLogger>()
  readonly #root: LeveledLogger

  /** @param root The logger of the process; one that has no level stays unchanged. */
  constructor(root: Logger) {
    this.#root = root as LeveledLogger
  }

  /** Creates a logger for a part, with `fields` in its lines. */
  part(name: string, fields: object): Logger {
    const logger = this.#root.child(fields)
    this.#parts.set(name, logger as LeveledLogger)
    return logger
  }

  /** Changes the level of the whole log, or of one part. @throws RangeError for an unknown level or part */
  set(level: string, part?: string): void {
    const known = logLevels.find((name) => name === level)
    if (known === undefined) throw new RangeError(`there is no level "${level}"; it is one of ${logLevels.join(', ')}`)
    if (part === undefined) {
      for (const each of [this.#root, ...this.#parts.values()]) each.level = known
      return
    }
    const logger = this.#parts.get(part)
    if (logger !== undefined) return void (logger.level = known)
    const names = [...this.#parts.keys()].join(', ')
    throw new RangeError(`there is no part "${part}"; ${names === '' ? 'this program has none' : `there is ${names}`}`)
  }
}

/** A logger with a level, such as pino's; a child has its own. */
interface LeveledLogger extends Logger {
  level: LogLevel
}
