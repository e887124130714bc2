/** Parts of the log that can have a level of their own: the libraries that write lines. */
export const logParts = ['api', 'client', 'cluster', 'direct', 'link', 'mux', 'relay', 'server', 'transport'] as const

/** One of {@link logParts}. */
export type LogPart = (typeof logParts)[number]

/** The logger that the libraries use, such as one of pino; any object of this shape works. */
export interface Logger {
  /** Logs an event of each message or frame. */
  trace(fields: object, text?: string): void
  /** Logs an event of each connection. */
  debug(fields: object, text?: string): void
  /** Logs a normal event that an operator should see. */
  info(fields: object, text?: string): void
  /** Logs a problem after which the program continues. */
  warn(fields: object, text?: string): void
  /** Logs a loss of data or function. */
  error(fields: object, text?: string): void
  /** Returns the same logger with `fields` added to each line. */
  child(fields: object): Logger
}

/** A logger whose parts can have levels of their own. */
export interface LoggerWithParts extends Logger {
  /** Returns the logger for the lines of one library. */
  part(name: LogPart): Logger
}

/** Returns the logger that a library uses for its lines: its part of `logger`, or else `logger` itself. */
export function loggerOfPart(logger: Logger | undefined, name: LogPart): Logger {
  if (logger === undefined) return silentLogger
  return hasParts(logger) ? logger.part(name) : logger
}

function hasParts(logger: Logger | LoggerWithParts): logger is LoggerWithParts {
  return 'part' in logger
}

/** Logs nothing. The default of every library, so that an embedded one prints nothing. */
export const silentLogger: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}
