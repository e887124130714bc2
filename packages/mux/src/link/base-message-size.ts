import type { Clock } from '@ls/foundation'

export interface BaseMessageSizeOptions {
  readonly clock: Clock
  /** Size on a slow link, in bytes of payload. */
  readonly leastBytes: number
  /** Size on a fast link, in bytes of payload. */
  readonly mostBytes: number
}

/**
 * Decides the largest Data payload on a base link. A Go program drops messages of a channel after 1,000 are waiting
 * (docs/interop.md), so long messages give its slow readers more room. Other channels wait while a message leaves, so a
 * slow link gets short ones.
 */
export class BaseMessageSize {
  readonly #options: BaseMessageSizeOptions
  #bytes: number
  #blockedAtMs: number | undefined

  constructor(options: BaseMessageSizeOptions) {
    this.#options = options
    // A slow link must not begin with a message that blocks all others for seconds.
    this.#bytes = options.leastBytes
  }

  /** Largest payload of the next message, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Called when the transport accepted a message of `bytes` and has room for more. */
  taken(bytes: number): void {
    if (bytes >= this.#bytes) this.#grow()
  }

  /** Called when the transport accepts no more for now. */
  blocked(): void {
    this.#blockedAtMs ??= this.#options.clock.now()
  }

  /** Called when the transport accepts messages again. */
  drained(): void {
    if (this.#blockedAtMs === undefined) return
    const tookMs = this.#options.clock.now() - this.#blockedAtMs
    this.#blockedAtMs = undefined
    if (tookMs > maxMessageMs) this.#bytes = Math.max(this.#options.leastBytes, Math.floor(this.#bytes / 2))
    else this.#grow()
  }

  #grow(): void {
    this.#bytes = Math.min(this.#options.mostBytes, this.#bytes * 2)
  }
}

/** Time that other channels may wait for one message, in milliseconds: 1 MiB at 50 MB/s. */
const maxMessageMs = 20
