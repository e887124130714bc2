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
 * Queues new channels, oldest first, while memory is short; running channels are not affected. A channel that ends here
 * (for a proxy client or a target) waits before it costs memory.
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

  /** Whether a new channel has to wait: for memory, or behind others that do. */
  get mustWait(): boolean {
    return this.#waiting.size > 0 || this.#options.budget.short
  }

  /**
   * Queues a channel and calls `admitted` when it is its turn, or when it never will be. The returned function leaves
   * the queue without a call.
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

  /** The session is over: refuses all that wait, and all later ones. */
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
    logger.info({ usedBytes, limitBytes }, 'memory is short: new connections wait until readers take what they have')
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

/** Waiting channels are let in together. Their first credits of 4 KiB fit into the reserve of a 128 MiB budget. */
const maxWaiting = 1024

/** As long as a dial may take, in milliseconds. */
const waitMs = 10_000

/** Sessions do not announce memory that they free, so the queue polls; in milliseconds. */
const checkMs = 100

/** Least time between two log lines, in milliseconds. */
const sayEveryMs = 10_000
