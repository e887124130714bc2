import type { EventEmitter } from 'node:events'

export interface StopSignalOptions {
  /** Source of signals: the process. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  /** Ends the process immediately, with 128 + the signal's number. */
  readonly exit: (code: number) => void
  /** Whether a hang-up ends the program: for one that a person started, but not for a service. */
  readonly stopOnHangUp: boolean
  /** Clock in milliseconds. @default performance.now */
  readonly now?: () => number
}

type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** POSIX numbers: a shell sees 128 + these from a process that a signal has ended. */
const signalNumbers: Record<StopSignal, number> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/**
 * Time in which a repeated signal counts as the same request, in milliseconds: runners such as pnpm pass on a Ctrl-C
 * that the terminal has also sent to this process. No person is that fast on purpose.
 */
const echoMs = 250

/**
 * Listens for the signals that end the process. The first aborts the returned signal, with its name as the reason; the
 * second ends the process immediately.
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

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
