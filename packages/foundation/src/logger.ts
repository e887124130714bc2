/** The part of a pino logger that the libraries use; any object of this shape works. */
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

/** Logs nothing. The default of every library, so that an embedded one prints nothing. */
export const silentLogger: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}
