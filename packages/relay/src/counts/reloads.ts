import type { ReloadCounts } from '@ls/foundation'

/** Counts how often a program has read its configuration again. */
export class Reloads {
  #succeeded = 0
  #failed = 0
  #lastSuccessAtMs: number | undefined

  /** Counts a reload: the changes, one line each, or the reason why the new configuration is not in force. */
  add(outcome: readonly string[] | Error): void {
    if (outcome instanceof Error) {
      this.#failed++
      return
    }
    this.#succeeded++
    this.#lastSuccessAtMs = Date.now()
  }

  /** Counts so far; undefined before the first reload. */
  snapshot(): ReloadCounts | undefined {
    const [succeeded, failed] = [this.#succeeded, this.#failed]
    return succeeded + failed === 0 ? undefined : { succeeded, failed, lastSuccessAtMs: this.#lastSuccessAtMs }
  }
}
