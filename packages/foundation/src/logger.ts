/** The part of a pino logger that the libraries use; any object of this shape will do. */
export interface Logger {
  /** For each message or frame. */
  trace(fields: object, text?: string): void
  /** For each connection. */
  debug(fields: object, text?: string): void
  /** Normal events that an operator wants to see. */
  info(fields: object, text?: string): void
  /** A problem after which the program continues. */
  warn(fields: object, text?: string): void
  /** A loss. */
  error(fields: object, text?: string): void
  /** The same logger with `fields` added to each line. */
  child(fields: object): Logger
}

/** Logs nothing. The default of every library, so that embedding one prints nothing. */
export const silentLogger: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}
