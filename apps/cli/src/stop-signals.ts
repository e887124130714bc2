import type { EventEmitter } from 'node:events'

export interface StopSignalOptions {
  /** Where signals arrive: the process. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  /** Ends the process at once, with 128 + the signal's number. */
  readonly exit: (code: number) => void
  /** A hang-up ends what a person started, and leaves a service running. */
  readonly stopOnHangUp: boolean
  /** @default performance.now */
  readonly now?: () => number
}

type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** POSIX numbers: a shell sees 128 + these from a process that a signal has ended. */
const signalNumbers: Record<StopSignal, number> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/**
 * Runners such as pnpm pass on the Ctrl-C that the terminal has sent to us as well: the same signal again within this
 * time, in milliseconds, is the same request. No person is that fast on purpose.
 */
const echoMs = 250

/**
 * Listens for the signals that ask the process to end. The first aborts the returned signal, with its name as the
 * reason; the second ends the process at once.
 */
export function listenForStop(options: StopSignalOptions): AbortSignal {
  const { source, exit, stopOnHangUp, now = () => performance.now() } = options
  const stop = new AbortController()
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined
  const request = (signal: StopSignal): void => {
    if (first === undefined) {
      first = { signal, atMs: now() }
      return stop.abort(signal)
    }
    if (signal === first.signal && now() - first.atMs < echoMs) return
    exit(128 + signalNumbers[signal])
  }
  source.on('SIGINT', () => request('SIGINT'))
  source.on('SIGTERM', () => request('SIGTERM'))
  source.on('SIGHUP', () => {
    if (stopOnHangUp) request('SIGHUP')
  })
  return stop.signal
}

/** Resolves once `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
