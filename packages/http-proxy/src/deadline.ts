import { HttpProxyError } from './errors.js'

export interface DeadlineOptions {
  /** Name of the step, for the error's text: `dialling h:80`. */
  readonly what: string
  readonly limitMs: number
  /** Ends the attempt from outside; its reason becomes the rejection. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `attempt` until it settles, `signal` aborts or the time is up. A later result goes to `discard`, so that a
 * stream opened too late does not stay open.
 *
 * @throws {HttpProxyError} ERR_HTTP_PROXY_TIMEOUT when the time is up; else what `attempt` or `signal` say.
 */
export function withDeadline<T>(
  options: DeadlineOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void,
): Promise<T> {
  const { what, limitMs, signal } = options
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const stop = (reason: Error): void => {
      settle()
      controller.abort(reason)
      reject(reason)
    }
    const onAbort = (): void => stop(signal?.reason as Error)
    const timer = setTimeout(() => stop(timeoutError(what, limitMs)), limitMs)
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const run = async (): Promise<T> => attempt(controller.signal)
    const running = run()
    const finish = (): void => {
      settle()
      resolve(running)
    }
    running.then((value) => (controller.signal.aborted ? discard(value) : finish()), finish)
  })
}

function timeoutError(what: string, limitMs: number): HttpProxyError {
  const text = `${what} took longer than ${limitMs} ms`
  return new HttpProxyError('ERR_HTTP_PROXY_TIMEOUT', text, { reply: 'timeout' })
}
