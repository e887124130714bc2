import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/** Something that can be kept from sending for a while. */
interface Holdable {
  hold(): void
  release(): void
}

/**
 * Holds Data to a base peer back for a moment after ConnectResponse. Deployed peers lose Data that arrives directly
 * after their answer, before they are ready (docs/interop.md). The hold ends when the peer sends something, at the
 * latest after 50 ms. It delays only targets that speak first.
 */
export class AnswerHold {
  readonly #host: ChannelHost
  readonly #held: Holdable
  readonly #timer: TimerHandle

  constructor(host: ChannelHost, held: Holdable) {
    this.#host = host
    this.#held = held
    held.hold()
    this.#timer = host.options.clock.setTimeout(() => held.release(), answerHoldMs)
  }

  /** The peer has sent something. */
  end(): void {
    this.stop()
    this.#held.release()
  }

  /** The channel is gone. */
  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
  }
}

/** Measured against Go LinkSocks 1.8–1.10 and pywssocks 1.5: 20 ms are enough on an idle machine. */
const answerHoldMs = 50
