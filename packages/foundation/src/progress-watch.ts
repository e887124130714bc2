import type { Clock, TimerHandle } from './clock.js'

/** Options of a {@link ProgressWatch}. */
export interface ProgressWatchOptions {
  /** Source of time. */
  readonly clock: Clock
  /** Time without a change after which there is no progress, in milliseconds. */
  readonly quietMs: number
  /** Returns a number that changes with each step, such as the bytes that are left. */
  progress(): number
  /**
   * Whether time counts now. If it does not at the end of an interval, that interval starts again. @default it always
   * counts
   */
  isCounting?(): boolean
  /** Called once, when there was no progress. */
  onStuck(): void
}

/**
 * Watches something that has to end, and calls `onStuck` when it makes no progress: a slow one may take as long as it
 * needs, and a stuck one is not kept forever.
 */
export class ProgressWatch {
  readonly #options: ProgressWatchOptions
  #timer: TimerHandle
  #last = 0

  constructor(options: ProgressWatchOptions) {
    this.#options = options
    this.#arm()
  }

  /** Ends the watch. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    const { clock, quietMs, progress } = this.#options
    this.#last = progress()
    this.#timer = clock.setTimeout(() => this.#check(), quietMs)
  }

  #check(): void {
    const { progress, isCounting, onStuck } = this.#options
    if (progress() !== this.#last || isCounting?.() === false) this.#arm()
    else onStuck()
  }
}
