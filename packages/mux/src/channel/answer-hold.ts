import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/** What can be kept from sending for a while. */
interface Holdable {
  hold(): void
  release(): void
}

/**
 * Keeps Data towards a base peer back for a moment after ConnectResponse: deployed peers start to take a channel's Data
 * some time after its answer, and lose what comes before (docs/interop.md). Whatever the peer sends shows that it is
 * ready; otherwise 50 ms have to do. Only a target that speaks first is delayed.
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
