import { TransportError } from '../errors.js'

/**
 * One call of `connect`: what it is doing, how long it may take and who can stop it. Each step runs under
 * {@link Attempt.step}, so that a deadline or an abort ends whatever is under way and says where it stood.
 */
export class Attempt {
  readonly #deadlineMs: number
  readonly #signal: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout
  /** By custom a signal's reason is an error; whatever it is, the caller gets it back as it is. */
  readonly #onAbort = (): void => this.#fail(this.#signal?.reason as Error)
  #stage = 'starting'
  #failure: Error | undefined
  #interrupt: ((reason: Error) => void) | undefined

  /** @throws the signal's reason when it is aborted already. */
  constructor(deadlineMs: number, signal: AbortSignal | undefined) {
    signal?.throwIfAborted()
    this.#deadlineMs = deadlineMs
    this.#signal = signal
    this.#timer = setTimeout(() => this.#fail(this.#timedOut()), deadlineMs)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Ends deadline and listening; a step still under way goes on undisturbed. */
  dispose(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  /**
   * Runs one step. `start` settles later, never before it has returned what undoes it: called when the step fails, by
   * itself or from outside. `stage` completes "no answer within 8000 ms while …".
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

  /** Not at once: the abort may come from inside `start`, when there is nothing to undo yet. */
  #fail(reason: Error): void {
    this.#failure = reason
    queueMicrotask(() => this.#interrupt?.(reason))
  }

  #timedOut(): TransportError {
    return new TransportError('ERR_TRANSPORT_TIMEOUT', `no answer within ${this.#deadlineMs} ms while ${this.#stage}`)
  }
}
