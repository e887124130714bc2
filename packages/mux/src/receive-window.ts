import type { Clock } from '@ls/batching'
import type { MemoryBudget } from './memory-budget.js'

export interface ReceiveWindowOptions {
  readonly clock: Clock
  /** First credit, in bytes: what our Hello said. */
  readonly windowBytes: number
  /** The window grows to at most this, in bytes; a first window above it stays as it is. */
  readonly maxWindowBytes: number
  /** What the window grows by is reserved here. */
  readonly budget: MemoryBudget
}

/**
 * The credit we give a peer on one channel (protocol.md §3, `window`).
 *
 * `spend` as bytes arrive, `consume` as the consumer takes them; `consume` returns the credit to grant now, often 0.
 * A window is granted back in quarters: in halves, a long path settles on one half a round trip, since the other is always
 * a few bytes short of being due. It doubles when as much as it holds went through within two round trips: then the sender
 * is waiting for us, not for its data.
 */
export class ReceiveWindow {
  readonly #options: ReceiveWindowOptions
  #sizeBytes: number
  #creditBytes: number
  /** Consumed, and not granted again yet. */
  #consumedBytes = 0
  /** Consumed since the last look at how fast that goes. */
  #passedBytes = 0
  #lookedAtMs: number

  constructor(options: ReceiveWindowOptions) {
    this.#options = options
    this.#sizeBytes = options.windowBytes
    this.#creditBytes = options.windowBytes
    this.#lookedAtMs = options.clock.now()
  }

  /** Bytes that may be on their way or waiting for the consumer. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Bytes the peer may still send. */
  get creditBytes(): number {
    return this.#creditBytes
  }

  /** Bytes that arrived and were not consumed. */
  get heldBytes(): number {
    return this.#sizeBytes - this.#creditBytes - this.#consumedBytes
  }

  /** Takes arrived bytes off the credit; false when the peer sent more than it was granted. */
  spend(bytes: number): boolean {
    if (bytes > this.#creditBytes) return false
    this.#creditBytes -= bytes
    return true
  }

  /** Credit to grant now that the consumer took `bytes`; 0 while less than a quarter of the window is due. */
  consume(bytes: number, roundTripMs: number | undefined): number {
    this.#consumedBytes += bytes
    this.#passedBytes += bytes
    if (this.#consumedBytes === 0 || this.#consumedBytes * 4 < this.#sizeBytes) return 0
    const grant = this.#consumedBytes + this.#grow(roundTripMs)
    this.#consumedBytes = 0
    this.#creditBytes += grant
    return grant
  }

  /** Gives what the window grew by back to the budget; the window must not be used afterwards. */
  close(): void {
    this.#options.budget.cancel(this.#sizeBytes - this.#options.windowBytes)
    this.#sizeBytes = this.#options.windowBytes
  }

  /** Returns the bytes the window grew by. */
  #grow(roundTripMs: number | undefined): number {
    const { clock, maxWindowBytes, budget } = this.#options
    if (this.#passedBytes < this.#sizeBytes) return 0
    const now = clock.now()
    const elapsedMs = now - this.#lookedAtMs
    this.#lookedAtMs = now
    this.#passedBytes = 0
    if (elapsedMs > 2 * Math.max(roundTripMs ?? unknownRoundTripMs, minRoundTripMs)) return 0
    const growth = Math.min(this.#sizeBytes, maxWindowBytes - this.#sizeBytes)
    if (growth <= 0 || !budget.reserve(growth)) return 0
    this.#sizeBytes += growth
    return growth
  }
}

/** Taken for the round trip before it is measured: to the other side of the world. Less, and no window would grow there. */
const unknownRoundTripMs = 300

/** A round trip through two busy event loops takes this long even where a ping takes 0.2 ms. */
const minRoundTripMs = 10
