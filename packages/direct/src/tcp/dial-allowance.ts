import type { Clock } from '@ls/foundation'

/** Most places of peers that a client dials within {@link periodMs}. A peer that asks for more gets a path by UDP. */
const maxDials = 120
/** Milliseconds. */
const periodMs = 60_000

/**
 * Most addresses of peers that are tried over UDP in that time: five times as many as by TCP, since interfaces and NATs
 * have one each, and a peer learns nothing from those that do not answer.
 */
export const maxUdpTried = 600

/** Limits the dials that peers cause, so that none of them searches a network through us. */
export class DialAllowance {
  readonly #clock: Clock
  readonly #limit: number
  #dials = 0
  #sinceMs: number

  /** @param limit Most dials in a minute. */
  constructor(clock: Clock, limit = maxDials) {
    this.#clock = clock
    this.#limit = limit
    this.#sinceMs = clock.now()
  }

  /** Takes one dial; false if there are none left in this minute. */
  take(): boolean {
    const nowMs = this.#clock.now()
    if (nowMs - this.#sinceMs >= periodMs) {
      this.#sinceMs = nowMs
      this.#dials = 0
    }
    return this.#dials++ < this.#limit
  }
}
