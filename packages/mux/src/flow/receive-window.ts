import type { Clock } from '@ls/foundation'
import type { IdleWindow, IdleWindows } from './idle-windows.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import { provenBytes, windowLimitBytes, type WindowSizes } from './window-policy.js'

export interface ReceiveWindowOptions extends WindowSizes {
  readonly clock: Clock
  /** What windows promise is reserved here. */
  readonly budget: MemoryBudget
  readonly idleWindows: IdleWindows
}

/**
 * The credit we give a peer on one channel (protocol.md §3, `window`).
 *
 * `spend` as bytes arrive, `consume` as the consumer takes them; `consume` returns the credit to grant now, often 0.
 * A window is granted back in quarters: in halves, a long path settles on one half a round trip, since the other is always
 * a few bytes short of being due. It doubles when as much as it holds went through within two round trips: then the sender
 * is waiting for us, not for its data.
 *
 * Credit that was granted is never taken back, since it may be spent already. A window shrinks by not granting again: when
 * it is slow, and when it is idle. What an idle one gives back to the budget its peer may still spend; that counts once it
 * is in memory.
 */
export class ReceiveWindow implements IdleWindow {
  readonly #options: ReceiveWindowOptions
  /** Reserved in the budget. */
  #sizeBytes: number
  #creditBytes: number
  #heldBytes = 0
  /** Consumed since the last look at how fast that goes. */
  #passedBytes = 0
  #lookedAtMs: number
  /** Consumed before. */
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

  /** Bytes that arrived and were not consumed. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** The channel begins: returns the credit to grant beyond the first, as much as memory allows. */
  open(): number {
    this.#restore()
    return this.#grant()
  }

  /** Takes arrived bytes off the credit; false when the peer sent more than it was granted. */
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

  /** As much as it held went through: looks how long that took. */
  #adapt(roundTripMs: number | undefined): void {
    const now = this.#options.clock.now()
    const elapsedMs = now - this.#lookedAtMs
    this.#lookedAtMs = now
    this.#takenBytes += this.#passedBytes
    this.#passedBytes = 0
    if (elapsedMs <= 2 * Math.max(roundTripMs ?? unknownRoundTripMs, minRoundTripMs)) this.#grow(2 * this.#sizeBytes)
    else if (elapsedMs > slowMs) this.#shrink(Math.max(this.#startBytes, this.#sizeBytes / 2))
  }

  /** To what it may have without having shown that it needs more. */
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

  /** What it would be opened with now. */
  get #startBytes(): number {
    return Math.min(Math.max(this.#options.windowBytes, this.#options.startWindowBytes), this.#limitBytes(false))
  }

  #limitBytes(proven: boolean): number {
    return windowLimitBytes(this.#options.budget.freePart, proven, this.#options)
  }
}

/** Taken for the round trip before it is measured: to the other side of the world. Less, and no window would grow there. */
const unknownRoundTripMs = 300

/** A round trip through two busy event loops takes this long even where a ping takes 0.2 ms. */
const minRoundTripMs = 10

/** A window that takes longer than this to go through once is larger than its consumer needs, in milliseconds. */
const slowMs = 10_000
