import type { Sequencer } from '../link/sequencer.js'
import type { MessageTransport } from '../link/transport.js'
import type { SessionParts } from '../session/session-parts.js'
import { copiedMessages } from './copied-messages.js'
import type { UrgentLink, UrgentLinkOptions } from './urgent-link.js'

export interface UrgentPartOptions extends Omit<UrgentLinkOptions, 'sequencer' | 'messages'> {
  /** Present with `resume`. */
  readonly sequencer: Sequencer | undefined
  /** Whether both ends agreed on a second transport. */
  readonly urgent: boolean
  /** Have the code for a second transport, at the latest when it is attached. */
  readonly parts: Pick<SessionParts, 'UrgentLink'>
}

/** The second transport of a session, which a page may load the code for at any time. */
export class UrgentPart {
  readonly #options: UrgentPartOptions
  #link: UrgentLink | undefined

  constructor(options: UrgentPartOptions) {
    this.#options = options
  }

  /** Undefined where the link has no second transport, and while the code is not there. */
  get link(): UrgentLink | undefined {
    const { parts, sequencer, urgent } = this.#options
    if (this.#link !== undefined || !urgent || sequencer === undefined || parts.UrgentLink === undefined)
      return this.#link
    this.#link = new parts.UrgentLink({ messages: copiedMessages, ...this.#options, sequencer })
    return this.#link
  }

  /** Uses `transport` in place of the previous one; false, without a change, if there is no {@link link}. */
  attach(transport: MessageTransport, reads: boolean): boolean {
    this.link?.attach(transport, reads)
    return this.link !== undefined
  }

  /**
   * Returns the time from a grant of credit until the bytes that it allows arrive. A path with a second transport loses
   * packets, and bulk then waits for one or two retransmissions: a window that does not allow for them never grows.
   */
  creditTripMs(roundTripMs: number | undefined): number | undefined {
    if (roundTripMs === undefined || this.#link?.up !== true) return roundTripMs
    return lossyRoundTrips * roundTripMs
  }
}

const lossyRoundTrips = 4
