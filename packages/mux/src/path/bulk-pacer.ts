import type { Clock, TimerHandle } from '@ls/foundation'
import type { BesideLoad } from './path-limit.js'
import { mostSteadyBytes, turnMs } from './path-slack.js'

/**
 * Spreads bulk over time on a path that holds so much that the kernel sends in bursts (docs/decisions/0089). Elsewhere
 * it holds nothing back: the kernel spreads what it sends.
 */
export class BulkPacer {
  readonly #clock: Clock
  readonly #onDue: () => void
  /** Most bytes a millisecond; undefined while bulk is not spread. */
  #rate: number | undefined
  #freeAtMs = -Infinity
  #timer: TimerHandle | undefined

  /** `onDue` is called when bulk that was held back may leave. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Sets the most bytes a millisecond; undefined for no limit. */
  setRate(rate: number | undefined): void {
    this.#rate = rate
  }

  /** Called when a message leaves. */
  sent(bytes: number): void {
    if (this.#rate === undefined) return
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.now() - burstMs) + bytes / this.#rate
  }

  /** Whether bulk has to wait now; `onDue` follows if so. */
  get holdsBack(): boolean {
    if (this.#rate === undefined) return false
    const waitMs = this.#freeAtMs - this.#clock.now()
    if (waitMs <= 0) return false
    this.#timer ??= this.#clock.setTimeout(() => this.#due(), waitMs)
    return true
  }

  /** Forgets what has left, and calls `onDue` no more: the transport is gone. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#rate = undefined
    this.#freeAtMs = -Infinity
  }

  #due(): void {
    this.#timer = undefined
    this.#onDue()
  }
}

/**
 * Returns the most bytes a millisecond at which bulk may leave; undefined where the kernel spreads it. `rate`: highest
 * recent throughput, in bytes a millisecond; `baseMs`: shortest round trip; `beside`: bulk of other sessions.
 */
export function paceOf(rate: number, baseMs: number, beside?: BesideLoad): number | undefined {
  return overfills(rate * baseMs, baseMs, beside) ? paceGain * rate : undefined
}

/**
 * Whether the kernel sends so many bytes in flight in bursts that the queue of the path may overflow, together with
 * those of other sessions. False on a short path: there a busy machine looks like a path that holds much. False as well
 * while others have far more in flight: the session must get its share.
 */
export function overfills(bytes: number, baseMs: number, beside: BesideLoad = { links: 0, bytes: 0 }): boolean {
  const allBytes = bytes + beside.bytes
  return baseMs >= turnMs && allBytes > mostSteadyBytes && bytes >= (leastShare * allBytes) / (beside.links + 1)
}

/**
 * Part of an equal share of all bytes in flight up to which a session grows as if it were alone. With a whole share or
 * half of one, the growth of a session that comes later overfilled the queue (docs/decisions/0096).
 */
const leastShare = 1 / 4

/** Faster than the path, so that a path that has become faster is noticed: BBR probes with the same gain. */
const paceGain = 1.25

/** Length of a burst in time, in milliseconds: the timers of a busy event loop are late by as much. */
const burstMs = turnMs
