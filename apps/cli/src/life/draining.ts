import type { EventEmitter } from 'node:events'
import { aborted } from '../stop-signals.js'

/** The request to drain: to take nothing new, and to end when nothing is open any more. */
export class Draining {
  /** Time for what is open, in milliseconds. */
  readonly timeoutMs: number
  readonly #asked = new AbortController()

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  /** Aborted once it is asked for. */
  get signal(): AbortSignal {
    return this.#asked.signal
  }

  request(): void {
    this.#asked.abort()
  }

  /** Has SIGUSR2 ask for it, on systems that know the signal. */
  listen(signals: Pick<EventEmitter, 'on'>): void {
    if (process.platform !== 'win32') signals.on('SIGUSR2', () => this.request())
  }
}

/** What a running program waits for. */
export interface Endings {
  readonly stop: AbortSignal
  readonly draining: Draining
}

/** Resolves when the process is asked to end, or to drain. */
export async function askedToEnd({ stop, draining }: Endings): Promise<void> {
  await Promise.race([aborted(stop), aborted(draining.signal)])
}

/** Drains if that was asked for; a request to end cuts the wait short. */
export async function drainIfAsked(
  { stop, draining }: Endings,
  drain: (ms: number) => Promise<unknown>,
): Promise<void> {
  if (!draining.signal.aborted || stop.aborted) return
  await Promise.race([drain(draining.timeoutMs), aborted(stop)])
}
