import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * Watches a channel or link that is ending: calls `giveUp` once when `progress` has not changed for `quietMs`. Time
 * without a transport does not count.
 */
export class Linger {
  readonly #host: ChannelHost
  readonly #progress: () => number
  readonly #giveUp: () => void
  readonly #quietMs: number
  #timer: TimerHandle
  #last = 0

  /** `quietMs` is in milliseconds. @default `lingerMs` of the session */
  constructor(host: ChannelHost, progress: () => number, giveUp: () => void, quietMs = host.options.lingerMs) {
    this.#host = host
    this.#progress = progress
    this.#giveUp = giveUp
    this.#quietMs = quietMs
    this.#arm()
  }

  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#last = this.#progress()
    this.#timer = this.#host.options.clock.setTimeout(() => this.#check(), this.#quietMs)
  }

  #check(): void {
    if (this.#progress() !== this.#last || !this.#host.linked) this.#arm()
    else this.#giveUp()
  }
}

/** Error text for the peer when the last bytes of a channel, and its Disconnect, could not be sent. */
export function stuckText(bytes: number, lingerMs: number): string {
  return `timeout: the peer took none of the last ${bytes} bytes for ${lingerMs} ms`
}

/**
 * Time of silence after which a base peer counts as finished, in milliseconds. It does not acknowledge our end, so
 * twice a round trip is used.
 */
export function lastCallMs(roundTripMs: number | undefined): number {
  return Math.min(Math.max(2 * (roundTripMs ?? 100), 50), 1000)
}
