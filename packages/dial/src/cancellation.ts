/** What is asked of an `AbortSignal` here, so that callers may bring something lighter. */
export interface Cancellation {
  /** Whether it has been given up already. */
  readonly aborted: boolean
  /** Why, once `aborted` is true. */
  readonly reason: unknown
  /** Calls `listener` when it is given up. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void
  /** Takes back what `addEventListener` did. */
  removeEventListener(type: 'abort', listener: () => void): void
}
