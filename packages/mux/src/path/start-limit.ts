import type { PathLimit, PathLimitOptions } from './path-limit.js'
import { lateStartBytes, minMessageBytes, startBytes } from './start-bytes.js'

/** Options of a {@link StartLimit}. */
export interface StartLimitOptions extends PathLimitOptions {
  /** Loads the limit that measures the path. */
  load(): Promise<(options: PathLimitOptions) => PathLimit>
}

/**
 * The limit with which each path starts. Loads the one that measures the path with the first bulk: until then the start
 * takes longer.
 */
export class StartLimit implements PathLimit {
  readonly crowded = false
  readonly #options: StartLimitOptions
  #loadAtMs = -Infinity

  constructor(options: StartLimitOptions) {
    this.#options = options
  }

  get messageBytes(): number {
    const { ack2, quantumBytes } = this.#options
    return ack2 ? Math.min(minMessageBytes, quantumBytes) : quantumBytes
  }

  get holdsBack(): boolean {
    const { ack2, unacknowledgedBytes } = this.#options
    if (unacknowledgedBytes() < (ack2 ? startBytes : lateStartBytes)) return false
    void this.#load()
    return true
  }

  relax(): void {}
  restart(): void {}
  sent(): void {}
  acknowledged(): void {}
  stop(): void {}

  async #load(): Promise<void> {
    const { clock, load, onMeasure } = this.#options
    if (clock.now() < this.#loadAtMs) return
    this.#loadAtMs = clock.now() + retryMs
    // Without the code the link works with this limit, and bulk after the pause tries again.
    const make = await load().catch(() => undefined)
    if (make !== undefined) onMeasure(make)
  }
}

/** Pause before a failed load is tried again, in milliseconds: a page without a network would try with each Ack. */
const retryMs = 10_000
