/**
 * The command was called wrongly: an unknown flag, a value out of its limits, flags that exclude each other. The
 * message names flag, value and limit, and is all that a person gets to see; the exit code is 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** Places in a file that the lines of the message begin with. @default none: it is about the command line */
  readonly places?: readonly { readonly line: number; readonly column: number }[]
}
