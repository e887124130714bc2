import { SocksError } from '../errors.js'

/** A time limit and a caller's signal as one signal; its reason says which of the two aborted. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Ends the timer and removes the listener on the caller's signal. */
  clear(): void
}

/** `what` names what takes too long, for the message. */
export function startDeadline(what: string, timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  if (outer?.aborted) {
    controller.abort(outer.reason)
    return { signal: controller.signal, clear: () => {} }
  }
  const onAbort = () => controller.abort(outer?.reason)
  const onTimeout = () => {
    controller.abort(tookTooLong(what, timeoutMs))
  }
  outer?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(onTimeout, timeoutMs)
  const clear = () => {
    clearTimeout(timer)
    outer?.removeEventListener('abort', onAbort)
  }
  return { signal: controller.signal, clear }
}

export function tookTooLong(what: string, timeoutMs: number): SocksError {
  return new SocksError('ERR_SOCKS_TIMEOUT', `${what} took longer than ${timeoutMs} ms`)
}

/** Reason why `signal` aborted, passed on unchanged: the caller may have given any value. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason as Error
}
