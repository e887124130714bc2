import type { Clock, TimerHandle } from '@ls/foundation'

/** What {@link IdleWindows} looks after. */
export interface IdleWindow {
  /** Gives back what it has not used since the last call; false when there is nothing more to give. */
  giveBackUnused(): boolean
}

/** The windows of a session that hold more of the budget than they have to, and give it back when nobody uses them. */
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

/** An unused window is found after one to two of these, in milliseconds; few applications pause for so long in between. */
const checkMs = 5000
