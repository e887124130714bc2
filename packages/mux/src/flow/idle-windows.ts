import type { Clock, TimerHandle } from '@ls/foundation'

/** A window managed by {@link IdleWindows}. */
export interface IdleWindow {
  /** Gives back budget unused since the last call; false when it has nothing more to give back. */
  giveBackUnused(): boolean
}

/** Shrinks idle windows: takes back the budget above their minimum when it is unused. */
export class IdleWindows {
  readonly #clock: Clock
  readonly #windows = new Set<IdleWindow>()
  #timer: TimerHandle

  constructor(clock: Clock) {
    this.#clock = clock
  }

  watch(window: IdleWindow): void {
    this.#windows.add(window)
    if (this.#windows.size === 1) this.#arm()
  }

  forget(window: IdleWindow): void {
    if (this.#windows.delete(window) && this.#windows.size === 0) this.#clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = this.#clock.setTimeout(() => this.#check(), checkMs)
  }

  #check(): void {
    for (const window of this.#windows) if (!window.giveBackUnused()) this.#windows.delete(window)
    if (this.#windows.size > 0) this.#arm()
  }
}

/**
 * Check interval, in milliseconds: an unused window shrinks after one to two of them. Few applications pause that long.
 */
const checkMs = 5000
