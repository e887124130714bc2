import type { Cancellation as DialCancellation } from '@ls/dial'

/** The methods of an `AbortSignal` that this package uses. */
export interface Cancellation extends DialCancellation {
  /** Throws `reason` after a cancellation. */
  throwIfAborted(): void
}

/**
 * A light {@link Cancellation} for each connection: an `AbortController` with its signal takes 2.5 KB, and a tenth of
 * the garbage of a short connection.
 */
export class Canceller implements Cancellation {
  #reason: Error | undefined
  #listeners: (() => void)[] = []

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener)
  }

  /** Calls each listener once; only the first reason counts. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    for (const listener of this.#listeners.splice(0)) listener()
  }
}

/** Converts it to a real `AbortSignal`. */
export function abortSignalOf(cancellation: Cancellation): AbortSignal {
  if (cancellation instanceof AbortSignal) return cancellation
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(cancellation.reason)
  if (cancellation.aborted) onAbort()
  else cancellation.addEventListener('abort', onAbort, { once: true })
  return controller.signal
}
