import type { Clock, TimerHandle } from '@ls/foundation'

/** Delay of a timer, in milliseconds, which means that the machine or the page was suspended. */
const sleepMs = 15_000

/** Interval of the check, in milliseconds. */
const lookMs = 5000

/** Time that timers of a hidden page may be late, in milliseconds: browsers run them once a minute to save energy. */
const hiddenMs = 60_000

/** A page; a worker has no `document`. */
export interface PageEvents {
  readonly document?: { readonly visibilityState: string } | undefined
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

export interface WakeDetectorOptions {
  readonly clock: Clock
  /** Source of `online` and `visibilitychange`. @default none */
  readonly events?: PageEvents | undefined
  /** Called after a sleep or a change: existing connections are likely dead. */
  readonly onWake: () => void
}

/**
 * Detects that the network is back, or that the page was suspended: a page gets no event for connections that died
 * in the meantime.
 */
export class WakeDetector {
  readonly #options: WakeDetectorOptions
  readonly #onVisibility = (): void => this.#look()
  #timer: TimerHandle
  #lookedAtMs: number
  /** Whether the page was hidden at the last look. */
  #wasHidden = false

  constructor(options: WakeDetectorOptions) {
    this.#options = options
    this.#lookedAtMs = options.clock.now()
    options.events?.addEventListener('online', options.onWake)
    options.events?.addEventListener('visibilitychange', this.#onVisibility)
    this.#look()
    this.#lookLater()
  }

  /** Stops watching. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
    this.#options.events?.removeEventListener('online', this.#options.onWake)
    this.#options.events?.removeEventListener('visibilitychange', this.#onVisibility)
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#look()
      this.#lookLater()
    }, lookMs)
  }

  #look(): void {
    const { clock, events, onWake } = this.#options
    const lateMs = clock.now() - this.#lookedAtMs - lookMs
    const allowedMs = this.#wasHidden ? sleepMs + hiddenMs : sleepMs
    this.#lookedAtMs = clock.now()
    this.#wasHidden = events?.document?.visibilityState === 'hidden'
    if (lateMs > allowedMs) onWake()
  }
}
