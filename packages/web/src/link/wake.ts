import type { Clock, TimerHandle } from '@ls/foundation'

/** A timer that is this late means that the machine or the page slept, in milliseconds. */
const sleepMs = 15_000

/** How often that is looked at, in milliseconds. Hidden pages run timers once a minute at the least. */
const lookMs = 5000

/** What a page tells of itself; a worker has no `document`. */
export interface PageEvents {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

export interface WakeOptions {
  readonly clock: Clock
  /** Where `online` comes from. @default none */
  readonly events?: PageEvents | undefined
  /** Connections made before are likely dead. */
  onWake(reason: string): void
}

/** Notices that the network is back, or that the page slept: nobody tells it that its connections died meanwhile. */
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
      if (lateMs > sleepMs) this.#options.onWake('the page slept')
      this.#lookLater()
    }, lookMs)
  }
}
