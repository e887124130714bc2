/** The part of a pino logger that the libraries use; any object of this shape will do. */
export interface Logger {
  trace(fields: object, text?: string): void
  debug(fields: object, text?: string): void
  info(fields: object, text?: string): void
  warn(fields: object, text?: string): void
  error(fields: object, text?: string): void
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
