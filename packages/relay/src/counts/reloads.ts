import type { ReloadCounts } from '@ls/foundation'

/** Counts how often a program has read its configuration again. */
export class Reloads {
  #succeeded = 0
  #failed = 0
  #lastSuccessAtMs: number | undefined

  /** It was read: what changed, a line each, or why it is not in force. */
  add(outcome: readonly string[] | Error): void {
    if (outcome instanceof Error) {
      this.#failed++
      return
    }
    this.#succeeded++
    this.#lastSuccessAtMs = Date.now()
  }

  /** Undefined before the first time. */
  snapshot(): ReloadCounts | undefined {
    const [succeeded, failed] = [this.#succeeded, this.#failed]
    return succeeded + failed === 0 ? undefined : { succeeded, failed, lastSuccessAtMs: this.#lastSuccessAtMs }
  }
}
