import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/** A sender that can be held back for a while. */
interface Holdable {
  hold(): void
  release(): void
}

/**
 * Holds back Data to a base peer for a moment after ConnectResponse. Deployed peers lose Data that arrives directly
 * after their answer, before they are ready (docs/interop.md). The hold ends when the peer sends something, at the
 * latest after 50 ms. It delays only targets that send first.
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

  /** Ends the hold: the peer has sent something. */
  end(): void {
    this.stop()
    this.#held.release()
  }

  /** Cancels the hold: the channel is gone. */
  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
  }
}

/** Longest hold. Measured against Go LinkSocks 1.8–1.10 and pywssocks 1.5: 20 ms are enough on an idle machine. */
const answerHoldMs = 50
