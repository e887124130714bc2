import type { Logger } from '@ls/mux'
import type { Redactor } from '../redactor.js'

/** What a running command has of the process. */
export interface CommandContext {
  readonly logger: Logger
  /** Told of every token that is made while running. */
  readonly redactor: Redactor
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal
  /** Writes a line to standard output: what a script reads, such as addresses, and tokens that were made up. */
  print(line: string): void
  /** How the program was called, for command lines that are to be typed next. */
  readonly program: string
}

/** Time, in milliseconds, for open channels to finish once the process is asked to end. */
export const graceMs = 5000
