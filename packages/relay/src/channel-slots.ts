import { RelayError } from './errors.js'

/** How many channels may be open. */
export interface ChannelSlotsOptions {
  /** Descriptors that may be in use at once. */
  readonly limit: number
  /** Whose they are and which option says so, for whoever is refused: `channels of this token (--max-token-channels)`. */
  readonly what: string
  /** Has to have room as well. @default none */
  readonly parent?: ChannelSlots
}

/**
 * Descriptors that channels to targets may use. They are a limit of the process: without a share for each owner, one could
 * take them all, and nobody else's connections would even be accepted.
 */
export class ChannelSlots {
  readonly #options: ChannelSlotsOptions
  #used = 0

  constructor(options: ChannelSlotsOptions) {
    this.#options = options
  }

  /** How many are in use. */
  get used(): number {
    return this.#used
  }

  /**
   * Takes one; call what it returns once the descriptor is free again.
   *
   * @throws RelayError `busy` that names the limit
   */
  take(): () => void {
    this.#checkRoomFor(1)
    return this.occupy()
  }

  /** Takes one that is in use already, past the limit if need be; {@link check} then says so. */
  occupy(): () => void {
    const releaseParent = this.#options.parent?.occupy()
    this.#used++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#used--
      releaseParent?.()
    }
  }

  /** @throws RelayError `busy` that names the limit, where more are in use than may be */
  check(): void {
    this.#checkRoomFor(0)
  }

  #checkRoomFor(more: number): void {
    const { limit, what, parent } = this.#options
    if (this.#used + more > limit)
      throw new RelayError({ word: 'busy', detail: `the limit of ${limit} ${what} is reached` })
    if (parent !== undefined) parent.#checkRoomFor(more)
  }
}
