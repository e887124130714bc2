import type { Sequencer } from '../link/sequencer.js'
import type { MessageTransport } from '../link/transport.js'
import type { SessionParts } from '../session/session-parts.js'
import { copiedMessages } from './copied-messages.js'
import type { UrgentLink, UrgentLinkOptions } from './urgent-link.js'

export interface UrgentPartOptions extends Omit<UrgentLinkOptions, 'sequencer' | 'messages' | 'budget'> {
  /** Present with `resume`. */
  readonly sequencer: Sequencer | undefined
  readonly session: Pick<UrgentLinkOptions, 'budget'> & {
    /** Whether both ends agreed on a second transport. */
    readonly urgent: boolean
  }
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

  /** Undefined until there was a second transport, or one would have helped. */
  get link(): UrgentLink | undefined {
    return this.#link
  }

  /** Checks whether a second transport would help: an Ack has arrived. */
  look(): void {
    if (this.#link !== undefined || this.#options.sequencer?.crowded === true) this.#open()?.look()
  }

  /** Uses `transport` in place of the previous one; false, without a change, if the link may have none. */
  attach(transport: MessageTransport, reads: boolean): boolean {
    const link = this.#open()
    link?.attach(transport, reads)
    return link !== undefined
  }

  /**
   * Returns the time from a grant of credit until the bytes that it allows arrive. A path with a second transport loses
   * packets, and bulk then waits for one or two retransmissions: a window that does not allow for them never grows.
   */
  creditTripMs(roundTripMs: number | undefined): number | undefined {
    if (roundTripMs === undefined || this.#link?.up !== true) return roundTripMs
    return lossyRoundTrips * roundTripMs
  }

  /** Undefined where the ends agreed on no second transport, and while its code is not there. */
  #open(): UrgentLink | undefined {
    if (this.#link !== undefined) return this.#link
    const { parts, sequencer, session, outbox, onLossy, onMessage, onError } = this.#options
    if (!session.urgent || sequencer === undefined || parts.UrgentLink === undefined) return undefined
    const { budget } = session
    const messages = copiedMessages
    this.#link = new parts.UrgentLink({ sequencer, outbox, messages, budget, onLossy, onMessage, onError })
    return this.#link
  }
}

const lossyRoundTrips = 4
