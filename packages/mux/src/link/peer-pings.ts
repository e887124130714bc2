/** Traffic of an idle link in one period, in bytes: pings and their answers both ways, with room for TLS. */
const quietBytes = 256

/** Time by which the peer's next ping may be late before one of ours is sent, in milliseconds. */
const slackMs = 250

/**
 * Decides when the pings of a peer replace our own: an answered one shows both ends that the other is alive. Only while
 * no other data passes, since the round trip is needed where data flows.
 */
export class PeerPings {
  readonly #passedBytes: () => number
  #seenBytes = 0
  #pingedAtMs = Number.NEGATIVE_INFINITY

  /** @param passedBytes Bytes that the link has carried both ways; NaN where they are unknown. */
  constructor(passedBytes: () => number) {
    this.#passedBytes = passedBytes
  }

  /** Called when the peer has sent a ping, which is answered. */
  pinged(nowMs: number): void {
    this.#pingedAtMs = nowMs
  }

  /**
   * Called when a ping of ours is due. Returns the time until which the peer's pings replace it; a time in the past if
   * it is needed now.
   */
  serveUntilMs(periodMs: number): number {
    const passed = this.#passedBytes()
    const isQuiet = passed - this.#seenBytes <= quietBytes
    this.#seenBytes = passed
    return isQuiet ? this.#pingedAtMs + periodMs + slackMs : 0
  }
}
