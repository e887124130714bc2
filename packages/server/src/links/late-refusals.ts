import type { Clock } from '@ls/foundation'
import { PendingConnections } from '@ls/mux'

export interface LateRefusalsOptions {
  readonly clock: Clock
  /**
   * Delay of an answer, in milliseconds: 32 parallel guessers then send 32 requests a second instead of some thousands,
   * and a user who mistyped does not notice it.
   * @default 1000
   */
  readonly delayMs?: number | undefined
  /** Most answers that wait, in all; each costs as much as a connection. @default 1024 */
  readonly maxWaiting?: number | undefined
  /** Most answers that wait for one address (IPv6: one /64). @default 64 */
  readonly maxWaitingPerAddress?: number | undefined
}

/** Callbacks for a refused client. */
export interface LateRefusal {
  /** Answers the client, which may be gone. */
  readonly answer: () => void
  /** Ends its connection without an answer, because too many answers wait. */
  readonly cut: () => void
}

/**
 * Answers refused clients late. A client that is refused immediately tries again immediately, and each request costs
 * the server more than the client.
 */
export class LateRefusals {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #waiting: PendingConnections
  readonly #cuts = new Set<() => void>()

  constructor({ clock, delayMs = 1000, maxWaiting = 1024, maxWaitingPerAddress = 64 }: LateRefusalsOptions) {
    this.#clock = clock
    this.#delayMs = delayMs
    this.#waiting = new PendingConnections({ maxPending: maxWaiting, maxPendingPerAddress: maxWaitingPerAddress })
  }

  /** Answers after the delay. Beyond the limits, the client that has waited longest is cut. */
  add(address: string, { answer, cut }: LateRefusal): void {
    const end = (how: () => void): void => {
      this.#clock.clearTimeout(timer)
      this.#cuts.delete(cutNow)
      entry.release()
      how()
    }
    const cutNow = (): void => end(cut)
    const timer = this.#clock.setTimeout(() => end(answer), this.#delayMs)
    const entry = this.#waiting.add(address, cutNow)
    this.#cuts.add(cutNow)
  }

  /** Cuts all clients that wait. */
  close(): void {
    for (const cut of this.#cuts) cut()
  }
}
