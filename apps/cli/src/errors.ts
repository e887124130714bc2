/**
 * The command was called wrongly: an unknown flag, a value out of its limits, flags that exclude each other. The message
 * names flag, value and limit, and is all that a person gets to see; the exit code is 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
