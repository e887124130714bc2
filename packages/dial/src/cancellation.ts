/** The used part of an `AbortSignal`, so that callers may pass a smaller object. */
export interface Cancellation {
  /** Whether the operation is cancelled. */
  readonly aborted: boolean
  /** The reason, once `aborted` is true. */
  readonly reason: unknown
  /** Calls `listener` on cancellation. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void
  /** Removes a listener. */
  removeEventListener(type: 'abort', listener: () => void): void
}
