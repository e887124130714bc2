import { checkInteger } from '@ls/foundation'

/** Limits for a peer before it is admitted; see `admit` of the transport. */
export interface UnprovenLimits {
  /** Longest message, in bytes; a longer one is refused by its header, before any of it is kept. */
  readonly messageBytes: number
  /** All frames together, in bytes: pings and other control frames count as well. Infinity for no limit. */
  readonly totalBytes: number
}

/** Checks the limits, where there are any. @throws RangeError that names the limit and its range */
export function checkUnprovenLimits(limits: UnprovenLimits | undefined): void {
  if (limits === undefined) return
  checkInteger('unproven.messageBytes', limits.messageBytes, 1)
  // Without this check NaN would be no limit.
  if (limits.totalBytes !== Number.POSITIVE_INFINITY) checkInteger('unproven.totalBytes', limits.totalBytes, 1)
}

/** Limits the bytes of a peer: few before it is admitted, then messages up to the limit. */
export class ReadAllowance {
  /** A larger message closes the link with 1009, from any peer. */
  readonly maxMessageBytes: number
  readonly #messageBytes: number
  readonly #onTaken: ((bytes: number) => void) | undefined
  #leftBytes: number

  /** @param onTaken Called with the bytes of each frame that is accepted before the peer is admitted. */
  constructor(maxMessageBytes: number, unproven?: UnprovenLimits, onTaken?: (bytes: number) => void) {
    this.maxMessageBytes = maxMessageBytes
    this.#onTaken = onTaken
    this.#messageBytes = unproven?.messageBytes ?? maxMessageBytes
    this.#leftBytes = unproven?.totalBytes ?? Number.POSITIVE_INFINITY
    this.isProven = unproven === undefined
  }

  /** Whether the peer is admitted. */
  isProven: boolean

  /** Counts a frame, or a part of one, whose message has at least `messageBytes`; false if that is over the limit. */
  takes(frameBytes: number, messageBytes = frameBytes): boolean {
    if (this.isProven) return true
    if (messageBytes > this.#messageBytes || frameBytes > this.#leftBytes) return false
    this.#leftBytes -= frameBytes
    this.#onTaken?.(frameBytes)
    return true
  }
}
