import { RelayError } from './errors.js'

/** Options of {@link ChannelSlots}. */
export interface ChannelSlotsOptions {
  /** Most descriptors in use at a time. */
  readonly limit: number
  /** Owner and option, for the error text: `channels of this token (--max-token-channels)`. */
  readonly what: string
  /** Slots that must have room as well. @default none */
  readonly parent?: ChannelSlots | undefined
}

/**
 * Limits the descriptors of channels to targets. Descriptors are a limit of the process: without a share for each
 * owner, one owner could take them all, and new connections could not even be accepted.
 */
export class ChannelSlots {
  #options: ChannelSlotsOptions
  #used = 0

  constructor(options: ChannelSlotsOptions) {
    this.#options = options
  }

  /** Most slots in use at a time. */
  get limit(): number {
    return this.#options.limit
  }

  /** Sets another limit; slots in use beyond it stay. */
  resize(size: Pick<ChannelSlotsOptions, 'limit' | 'what'>): void {
    this.#options = { ...this.#options, ...size }
  }

  /** Number of slots in use. */
  get used(): number {
    return this.#used
  }

  /**
   * Takes a slot; call the returned function when the descriptor is free again.
   *
   * @throws RelayError `busy` that names the limit
   */
  take(): () => void {
    this.#checkRoomFor(1)
    return this.occupy()
  }

  /**
   * Counts a descriptor that is already in use, even beyond the limit; {@link check} then throws. Beyond it, the parent
   * does not count it: a connection that is being refused must take no slots from other owners.
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

  /** Checks the limit. @throws RelayError `busy` that names the limit, if more slots are in use than allowed */
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
