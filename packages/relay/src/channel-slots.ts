import { RelayError } from './errors.js'

/** How many channels may be open. */
export interface ChannelSlotsOptions {
  /** Most descriptors in use at once. */
  readonly limit: number
  /** Owner and option, for the error text: `channels of this token (--max-token-channels)`. */
  readonly what: string
  /** Must have room as well. @default none */
  readonly parent?: ChannelSlots | undefined
}

/**
 * Limits the descriptors of channels to targets. Descriptors are a limit of the process: without a share for each owner
 * one could take them all, and new connections could not even be accepted.
 */
export class ChannelSlots {
  #options: ChannelSlotsOptions
  #used = 0

  constructor(options: ChannelSlotsOptions) {
    this.#options = options
  }

  /** Most in use at once. */
  get limit(): number {
    return this.#options.limit
  }

  /** Has another limit from now on; what is in use past it stays. */
  resize(size: Pick<ChannelSlotsOptions, 'limit' | 'what'>): void {
    this.#options = { ...this.#options, ...size }
  }

  /** Number in use. */
  get used(): number {
    return this.#used
  }

  /**
   * Takes a slot; call the returned function once the descriptor is free again.
   *
   * @throws RelayError `busy` that names the limit
   */
  take(): () => void {
    this.#checkRoomFor(1)
    return this.occupy()
  }

  /**
   * Counts a descriptor that is already in use, past the limit if need be; {@link check} then throws. Past it, the
   * parent does not count it: what is being refused to one must take no slots from others.
   */
  occupy(): () => void {
    const { limit, parent } = this.#options
    const releaseParent = this.#used < limit ? parent?.occupy() : undefined
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
