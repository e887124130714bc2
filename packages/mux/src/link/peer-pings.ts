/** The heartbeat of a quiet link: pings and their answers both ways in one period, in bytes, with room for TLS. */
const quietBytes = 256

/** How much later than the last time a ping of the peer may come, in milliseconds, before one of ours leaves. */
const slackMs = 250

/**
 * Tells when the pings of a peer serve for our own: an answered one shows both ends that the other lives. Only while
 * nothing else passes, since the round trip has to be known where data does.
 */
export class PeerPings {
  readonly #passedBytes: () => number
  #seenBytes = 0
  #pingedAtMs = Number.NEGATIVE_INFINITY

  /** @param passedBytes Bytes that the link has carried both ways; NaN where nobody knows. */
  constructor(passedBytes: () => number = () => Number.NaN) {
    this.#passedBytes = passedBytes
  }

  /** The peer has pinged, and gets an answer. */
  pinged(nowMs: number): void {
    this.#pingedAtMs = nowMs
  }

  /** Called when a ping of ours is due: the time until which none is needed; in the past if one is. */
  serveUntilMs(periodMs: number): number {
    const passed = this.#passedBytes()
    const isQuiet = passed - this.#seenBytes <= quietBytes
    this.#seenBytes = passed
    return isQuiet ? this.#pingedAtMs + periodMs + slackMs : 0
  }
}
