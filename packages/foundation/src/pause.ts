import type { Clock, TimerHandle } from './clock.js'

/** A wait of one task, such as the delay before it tries again, which others may end early. */
export class Pause {
  readonly #clock: Clock
  #resolve: () => void = () => {}
  #timer: TimerHandle

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when {@link end} is called, or after `limitMs` milliseconds. @param limitMs @default no limit */
  wait(limitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#timer = limitMs === undefined ? undefined : this.#clock.setTimeout(resolve, limitMs)
    })
  }

  /** Ends the wait that is under way, if there is one. */
  end(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#resolve()
  }
}
