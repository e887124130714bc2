import type { Clock } from '@ls/foundation'
import type { MemoryBudget } from '../memory/memory-budget.js'
import type { IdleWindow, IdleWindows } from './idle-windows.js'
import { provenBytes, windowLimitBytes, type WindowSizes } from './window-policy.js'

export interface ReceiveWindowOptions extends WindowSizes {
  readonly clock: Clock
  /** The budget in which windows reserve their size. */
  readonly budget: MemoryBudget
  readonly idleWindows: IdleWindows
}

/**
 * The credit we grant a peer on one channel (protocol.md §3, `window`).
 *
 * Call `spend` when bytes arrive and `consume` when the consumer has taken them; `consume` returns the credit to grant
 * now, often 0. Credit is granted in quarters of the window: with halves, a sender on a long path would use only half
 * of its window in each round trip. The window doubles when its size in bytes passes within two round trips: then the
 * sender waits for credit and not for data.
 *
 * Granted credit cannot be taken back, since the peer may have used it. A window that is slow or idle shrinks by
 * granting less. The peer may still use credit after an idle window has returned its budget; those bytes count when
 * they arrive.
 */
export class ReceiveWindow implements IdleWindow {
  readonly #options: ReceiveWindowOptions
  /** Reserved in the budget. */
  #sizeBytes: number
  #creditBytes: number
  #heldBytes = 0
  /** Bytes consumed since the last measurement of speed. */
  #passedBytes = 0
  #lookedAtMs: number
  /** Bytes consumed before that. */
  #takenBytes = 0
  #usedSinceCheck = true
  #gaveBack = false

  constructor(options: ReceiveWindowOptions) {
    this.#options = options
    this.#sizeBytes = options.windowBytes
    this.#creditBytes = options.windowBytes
    this.#lookedAtMs = options.clock.now()
    options.budget.promise(options.windowBytes)
  }

  /** Bytes that may be on their way or waiting for the consumer. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Bytes the peer may still send. */
  get creditBytes(): number {
    return this.#creditBytes
  }

  /** Bytes that arrived and are not consumed yet. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Starts the channel: returns the credit to grant beyond the first, as far as memory allows. */
  open(): number {
    this.#restore()
    return this.#grant()
  }

  /** Subtracts arrived bytes from the credit; false when the peer sent more than it was granted. */
  spend(bytes: number): boolean {
    if (bytes > this.#creditBytes) return false
    this.#creditBytes -= bytes
    this.#heldBytes += bytes
    this.#usedSinceCheck = true
    if (this.#gaveBack) this.#restore()
    return true
  }

  /** Credit to grant now that the consumer took `bytes`; 0 while less than a quarter of the window is due. */
  consume(bytes: number, roundTripMs: number | undefined): number {
    this.#heldBytes -= bytes
    this.#passedBytes += bytes
    const dueBytes = this.#sizeBytes - this.#creditBytes - this.#heldBytes
    if (dueBytes <= 0 || dueBytes * 4 < this.#sizeBytes) return 0
    if (this.#passedBytes >= this.#sizeBytes) this.#adapt(roundTripMs)
    return this.#grant()
  }

  giveBackUnused(): boolean {
    const unused = !this.#usedSinceCheck && this.#heldBytes === 0
    this.#usedSinceCheck = false
    if (!unused) return true
    this.#gaveBack = true
    this.#shrink(this.#options.windowBytes)
    return false
  }

  /** Gives everything back to the budget; the window must not be used afterwards. */
  close(): void {
    this.#options.idleWindows.forget(this)
    this.#options.budget.cancel(this.#sizeBytes)
    this.#sizeBytes = 0
  }

  #grant(): number {
    const bytes = Math.max(0, this.#sizeBytes - this.#creditBytes - this.#heldBytes)
    this.#creditBytes += bytes
    return bytes
  }

  /** Called when a full window has passed: measures how long that took. */
  #adapt(roundTripMs: number | undefined): void {
    const now = this.#options.clock.now()
    const elapsedMs = now - this.#lookedAtMs
    this.#lookedAtMs = now
    this.#takenBytes += this.#passedBytes
    this.#passedBytes = 0
    if (elapsedMs <= 2 * Math.max(roundTripMs ?? unknownRoundTripMs, minRoundTripMs)) this.#grow(2 * this.#sizeBytes)
    else if (elapsedMs > slowMs) this.#shrink(Math.max(this.#startBytes, this.#sizeBytes / 2))
  }

  /** Returns to the size that is allowed without proof of demand. */
  #restore(): void {
    this.#gaveBack = false
    this.#grow(this.#startBytes)
  }

  #grow(wantedBytes: number): void {
    const { budget, idleWindows } = this.#options
    const bytes = Math.min(wantedBytes, this.#limitBytes(this.#takenBytes >= provenBytes)) - this.#sizeBytes
    if (bytes <= 0 || !budget.reserve(bytes)) return
    this.#sizeBytes += bytes
    idleWindows.watch(this)
  }

  #shrink(wantedBytes: number): void {
    const bytes = this.#sizeBytes - Math.floor(wantedBytes)
    if (bytes <= 0) return
    this.#sizeBytes -= bytes
    this.#options.budget.cancel(bytes)
  }

  /** The size that a new window would get now. */
  get #startBytes(): number {
    return Math.min(Math.max(this.#options.windowBytes, this.#options.startWindowBytes), this.#limitBytes(false))
  }

  #limitBytes(proven: boolean): number {
    return windowLimitBytes(this.#options.budget.freePart, proven, this.#options)
  }
}

/**
 * Assumed round trip before one is measured: a path halfway around the world. With a lower value its window would not
 * grow.
 */
const unknownRoundTripMs = 300

/** Least round trip to assume, in milliseconds: two busy event loops take this long even where a ping takes 0.2 ms. */
const minRoundTripMs = 10

/** Longest time for a full window to pass, in milliseconds; above it, the window is larger than its consumer needs. */
const slowMs = 10_000
