import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from './table-entry.js'

/**
 * Watches what only waits for its end: once `progress` has not changed for `lingerMs`, `giveUp` is called, once. Time
 * without a transport does not count.
 */
export class Linger {
  readonly #host: ChannelHost
  readonly #progress: () => number
  readonly #giveUp: () => void
  #timer: TimerHandle
  #last = 0

  constructor(host: ChannelHost, progress: () => number, giveUp: () => void) {
    this.#host = host
    this.#progress = progress
    this.#giveUp = giveUp
    this.#arm()
  }

  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    const { clock, lingerMs } = this.#host.options
    this.#last = this.#progress()
    this.#timer = clock.setTimeout(() => this.#check(), lingerMs)
  }

  #check(): void {
    if (this.#progress() !== this.#last || !this.#host.linked) this.#arm()
    else this.#giveUp()
  }
}

/** What a peer is told when the last bytes of a channel, and the Disconnect behind them, could not be sent. */
export function stuckText(bytes: number, lingerMs: number): string {
  return `timeout: the peer took none of the last ${bytes} bytes for ${lingerMs} ms`
}
