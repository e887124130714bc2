import type { Clock, TimerHandle } from '@ls/foundation'
import type { MessageTransport, Session } from '@ls/mux'

/** Options of an {@link UrgentDialler}. */
export interface UrgentDiallerOptions {
  /** Source of time and timers. */
  readonly clock: Clock
  /** Opens a WebSocket that the server has attached to the session. */
  dial(session: Session): Promise<MessageTransport>
}

/** Opens a second WebSocket for the urgent messages of a session (protocol.md §3.9), and again when it is lost. */
export class UrgentDialler {
  readonly #options: UrgentDiallerOptions
  #session: Session | undefined
  #timer: TimerHandle | undefined
  #dialling = false
  #notBeforeMs = 0
  #pauseMs = firstPauseMs

  constructor(options: UrgentDiallerOptions) {
    this.#options = options
  }

  /** Called when the session needs a second WebSocket: dials immediately, or a while after the last attempt. */
  wanted(session: Session): void {
    this.#session = session
    if (this.#dialling || this.#timer !== undefined || !session.linked || session.hasUrgent) return
    const { clock } = this.#options
    const waitMs = Math.max(0, this.#notBeforeMs - clock.now())
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined
      void this.#dial(session)
    }, waitMs)
  }

  /** Cancels the attempt: the link is down or closed. */
  cancel(): void {
    this.#session = undefined
    this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #dial(session: Session): Promise<void> {
    this.#dialling = true
    const attached = await this.#attach(session)
    this.#dialling = false
    this.#pauseMs = attached ? firstPauseMs : Math.min(2 * this.#pauseMs, maxPauseMs)
    this.#notBeforeMs = this.#options.clock.now() + this.#pauseMs
    if (this.#session !== undefined && !attached) this.wanted(this.#session)
  }

  /** Attaches a WebSocket. Failures are ignored: the session has its main WebSocket, and loses nothing. */
  async #attach(session: Session): Promise<boolean> {
    try {
      const transport = await this.#options.dial(session)
      if (session === this.#session && session.attachUrgent(transport)) return true
      transport.destroy()
      return false
    } catch {
      return false
    }
  }
}

/** Least time between two attempts, in milliseconds; it doubles with each failure, up to the longest. */
const firstPauseMs = 10_000
const maxPauseMs = 300_000
