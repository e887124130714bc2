/** The part of a pino logger that the libraries use; any object of this shape will do. */
export interface Logger {
  /** For each message or frame. */
  trace(fields: object, text?: string): void
  /** For each connection. */
  debug(fields: object, text?: string): void
  /** What an operator wants to know of a program that works. */
  info(fields: object, text?: string): void
  /** Something is wrong and the program goes on. */
  warn(fields: object, text?: string): void
  /** Something is lost. */
  error(fields: object, text?: string): void
  /** The same logger, which adds `fields` to all that it writes. */
  child(fields: object): Logger
}

/** Says nothing. The default of every library, so that embedding one prints nothing unasked. */
export const silentLogger: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}
