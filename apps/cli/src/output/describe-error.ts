/** Maximum depth of causes: they may form a circle. */
const maxCauses = 5

export interface ErrorDescription {
  readonly type: string
  readonly code?: string | undefined
  readonly message: string
  readonly stack?: string | undefined
}

/** Formats an error for a log line; with its stack only on request, since that is for programmers. */
export function describeError(thrown: unknown, { withStack = false }: { withStack?: boolean } = {}): ErrorDescription {
  const { code, name = typeof thrown } = (thrown ?? {}) as { code?: unknown; name?: string }
  return {
    type: name,
    code: typeof code === 'string' ? code : undefined,
    message: messageOf(thrown),
    stack: withStack ? stackOf(thrown) : undefined,
  }
}

/**
 * Formats any thrown value as one line for a person. Errors of this project include the important part of their cause;
 * Node's AggregateError, of a host with several addresses, has no text itself.
 */
export function messageOf(thrown: unknown): string {
  const errors = errorChain(thrown)
  return errors.find(({ message }) => message !== '')?.message ?? errors[0]?.name ?? String(thrown)
}

/** The stacks of an error and of its causes. */
export function stackOf(thrown: unknown): string {
  const stacks = errorChain(thrown).map((each) => each.stack ?? each.message)
  return stacks.length === 0 ? String(thrown) : stacks.join('\ncaused by ')
}

/** The error and its causes, outermost first. */
export function errorChain(thrown: unknown): readonly Error[] {
  const errors: Error[] = []
  let current = thrown
  while (current instanceof Error && errors.length < maxCauses) {
    errors.push(current)
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined)
  }
  return errors
}
