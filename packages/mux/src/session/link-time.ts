/**
 * Counts how long a session had a working link. A link that vanished without an end counts up to its last sign of life:
 * it is noticed only seconds later, and those seconds must not use up the time that a peer has to answer.
 */
export class LinkTime {
  #beforeMs = 0
  #sinceMs: number | undefined

  /** Called when the session has a link. */
  began(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** Called when the link is lost; `silentMs` is the time since the peer's last bytes, in milliseconds. */
  ended(nowMs: number, silentMs: number): void {
    this.#beforeMs += Math.max(0, this.#currentMs(nowMs) - silentMs)
    this.#sinceMs = undefined
  }

  /** Returns the time so far, in milliseconds. It shrinks when a link turns out to have vanished. */
  totalMs(nowMs: number): number {
    return this.#beforeMs + this.#currentMs(nowMs)
  }

  #currentMs(nowMs: number): number {
    return this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs
  }
}
