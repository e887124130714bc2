/**
 * Error of a wrong call of the command: an unknown flag, a value out of its limits, flags that exclude each other. The
 * message names flag, value and limit; a user sees nothing else. The exit code is 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** Places in a file with which the lines of the message begin. @default none: it is about the command line */
  readonly places?: readonly { readonly line: number; readonly column: number }[]
}
