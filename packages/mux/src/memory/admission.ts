import type { Clock, Logger, TimerHandle } from '@ls/foundation'
import type { MemoryBudget } from './memory-budget.js'

export interface AdmissionOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** New channels wait while it is {@link MemoryBudget.short}. */
  readonly budget: MemoryBudget
}

/** Called once: without an argument when there is room, otherwise with the reason for the refusal. */
export type Admitted = (refusal?: string) => void

interface Waiting {
  readonly sinceMs: number
  readonly admitted: Admitted
}

/**
 * Queues new channels, oldest first, while memory is short; existing channels are not affected. A channel that ends
 * here (for a proxy client or a target) waits before it uses memory.
 *
 * @example
 * const { admission } = session.options
 * if (!admission.mustWait) return session.open(request)
 * const giveUp = admission.wait((refusal) => refusal === undefined && session.open(request))
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #waiting = new Set<Waiting>()
  #timer: TimerHandle
  #saidAtMs = -Infinity

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Whether a new channel has to wait: for memory, or behind other waiting channels. */
  get mustWait(): boolean {
    return this.#waiting.size > 0 || this.#options.budget.short
  }

  /**
   * Queues a channel and calls `admitted` when it is admitted or refused. The returned function leaves the queue
   * without a call.
   */
  wait(admitted: Admitted): () => void {
    if (this.#waiting.size >= maxWaiting) {
      admitted(`${maxWaiting} new connections wait for memory already`)
      return () => {}
    }
    const waiting = { sinceMs: this.#options.clock.now(), admitted }
    this.#waiting.add(waiting)
    if (this.#waiting.size === 1) this.#begin()
    return () => this.#waiting.delete(waiting)
  }

  /** Ends the queue with the session: refuses all waiting channels, and all later ones. */
  close(reason: string): void {
    this.#options.clock.clearTimeout(this.#timer)
    for (const waiting of this.#waiting) this.#settle(waiting, reason)
  }

  #begin(): void {
    const { clock, logger, budget } = this.#options
    this.#arm()
    if (clock.now() - this.#saidAtMs < sayEveryMs) return
    this.#saidAtMs = clock.now()
    const { usedBytes, limitBytes } = budget
    logger.info({ usedBytes, limitBytes }, 'memory is short: new connections wait until readers take their data')
  }

  #arm(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => this.#check(), checkMs)
  }

  #check(): void {
    const { clock, budget } = this.#options
    for (const waiting of this.#waiting) {
      if (!budget.short) this.#settle(waiting)
      else if (clock.now() - waiting.sinceMs < waitMs) break
      else this.#settle(waiting, `memory was short for ${waitMs} ms`)
    }
    if (this.#waiting.size > 0) this.#arm()
  }

  #settle(waiting: Waiting, refusal?: string): void {
    this.#waiting.delete(waiting)
    waiting.admitted(refusal)
  }
}

/**
 * Most waiting channels, which are admitted together. Their first credits of 4 KiB fit into the reserve of a 128 MiB
 * budget.
 */
const maxWaiting = 1024

/** Longest wait, the same as for a dial, in milliseconds. */
const waitMs = 10_000

/** Interval of checks, in milliseconds: sessions do not announce memory that they free, so the queue polls. */
const checkMs = 100

/** Least time between two log lines, in milliseconds. */
const sayEveryMs = 10_000
