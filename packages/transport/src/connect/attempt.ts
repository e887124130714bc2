import { TransportError } from '../errors.js'

/**
 * One call of `connect`, with its deadline and abort signal. Each step runs under {@link Attempt.step}, so that a
 * deadline or an abort ends the current step and names it.
 */
export class Attempt {
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout
  /** A signal's reason is usually an error; the caller gets it back unchanged. */
  readonly #onAbort = (): void => this.#fail(this.#signal?.reason as Error)
  #stage = 'starting'
  #failure: Error | undefined
  #interrupt: ((reason: Error) => void) | undefined

  /** @throws the signal's reason when it is aborted already. */
  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    signal?.throwIfAborted()
    this.#timeoutMs = timeoutMs
    this.#signal = signal
    this.#timer = setTimeout(() => this.#fail(this.#timedOut()), timeoutMs)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Stops the deadline and the listener; a current step continues. */
  dispose(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  /**
   * Runs one step. `start` settles later, never before it has returned its undo function, which is called when the step
   * fails or is aborted. `stage` completes "no answer within 8000 ms while …".
   */
  step<T>(
    stage: string,
    start: (resolve: (value: T) => void, reject: (reason: Error) => void) => () => void,
  ): Promise<T> {
    this.#stage = stage
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      let settled = false
      const settle = (act: () => void): void => {
        if (settled) return
        settled = true
        this.#interrupt = undefined
        act()
      }
      const fail = (reason: Error): void =>
        settle(() => {
          undo()
          reject(reason)
        })
      this.#interrupt = fail
      const undo = start((value) => settle(() => resolve(value)), fail)
    })
  }

  /** Fails later: the abort may come from inside `start`, before its undo function exists. */
  #fail(reason: Error): void {
    this.#failure = reason
    queueMicrotask(() => this.#interrupt?.(reason))
  }

  #timedOut(): TransportError {
    return new TransportError('ERR_TRANSPORT_TIMEOUT', `no answer within ${this.#timeoutMs} ms while ${this.#stage}`)
  }
}
