import type { Clock, TimerHandle } from '@ls/foundation'

/** Delay of a timer, in milliseconds, which means that the machine or the page was suspended. */
const sleepMs = 15_000

/** Interval of the check, in milliseconds. Hidden pages run timers at least once a minute. */
const lookMs = 5000

/** Events of a page; a worker has no `document`. */
export interface PageEvents {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

export interface WakeOptions {
  readonly clock: Clock
  /** Source of `online`. @default none */
  readonly events?: PageEvents | undefined
  /** Called after a sleep or a change: existing connections are likely dead. */
  onWake(reason: string): void
}

/**
 * Detects that the network is back, or that the page was suspended: a page gets no event for connections that died
 * in the meantime.
 */
export class Wake {
  readonly #options: WakeOptions
  readonly #onOnline = (): void => this.#options.onWake('the network is back')
  #timer: TimerHandle
  #lookedAtMs: number

  constructor(options: WakeOptions) {
    this.#options = options
    this.#lookedAtMs = options.clock.now()
    options.events?.addEventListener('online', this.#onOnline)
    this.#lookLater()
  }

  /** Stops watching. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
    this.#options.events?.removeEventListener('online', this.#onOnline)
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      const lateMs = this.#options.clock.now() - this.#lookedAtMs - lookMs
      this.#lookedAtMs = this.#options.clock.now()
      if (lateMs > sleepMs) this.#options.onWake('the page was suspended')
      this.#lookLater()
    }, lookMs)
  }
}
