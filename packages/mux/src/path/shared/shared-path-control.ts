import { PathControl } from '../path-control.js'
import type { PathLimitOptions } from '../path-limit.js'
import type { SharedPath } from './shared-path.js'

/** Limits bulk on a path that other sessions use as well. */
export class SharedPathControl extends PathControl {
  readonly #path: SharedPath
  readonly #inFlightBytes: () => number
  #isMember = false

  constructor(options: PathLimitOptions, path: SharedPath) {
    const inFlightBytes = (): number => options.unacknowledgedBytes()
    super({ ...options, beside: () => path.beside(inFlightBytes) })
    this.#path = path
    this.#inFlightBytes = inFlightBytes
  }

  override sent(sequence: number, bytes: number): void {
    if (!this.#isMember) this.#path.join(this.#inFlightBytes)
    this.#isMember = true
    super.sent(sequence, bytes)
  }

  override stop(): void {
    this.#path.leave(this.#inFlightBytes)
    this.#isMember = false
    super.stop()
  }
}
