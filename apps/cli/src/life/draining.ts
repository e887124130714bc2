import type { EventEmitter } from 'node:events'
import { aborted } from './stop-signals.js'

/** The request to drain: to accept nothing new, and to end when nothing is open any more. */
export class Draining {
  /** Time for open channels, in milliseconds. */
  readonly timeoutMs: number
  readonly #asked = new AbortController()

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  /** Aborted when a drain is requested. */
  get signal(): AbortSignal {
    return this.#asked.signal
  }

  request(): void {
    this.#asked.abort()
  }

  /** Makes SIGUSR2 request a drain, on systems that have the signal. */
  listen(signals: Pick<EventEmitter, 'on'>): void {
    if (process.platform !== 'win32') signals.on('SIGUSR2', () => this.request())
  }
}

/** Events that end a running program. */
export interface ShutdownSignals {
  readonly stop: AbortSignal
  readonly draining: Draining
}

/** Resolves when the process is requested to end, or to drain. */
export async function askedToEnd({ stop, draining }: ShutdownSignals): Promise<void> {
  await Promise.race([aborted(stop), aborted(draining.signal)])
}

/** Drains if that was requested; a request to end shortens the wait. */
export async function drainIfAsked(
  { stop, draining }: ShutdownSignals,
  drain: (ms: number) => Promise<unknown>,
): Promise<void> {
  if (!draining.signal.aborted || stop.aborted) return
  await Promise.race([drain(draining.timeoutMs), aborted(stop)])
}
