/** Time that an open waits for an answer before it is offered to another session as well, in milliseconds. */
export function offerAfterMs(roundTripMs: number | undefined): number {
  return Math.max(minOfferMs, 2 * (roundTripMs ?? 0))
}

/** State of an open when one of its offers has failed. */
export interface FailedOffer {
  /** Whether the session has ended, so that this is no refusal. */
  readonly sessionGone: boolean
  /** Number of unanswered offers. */
  readonly pending: number
  /** Number of unanswered offers whose peer has sent something since: it is alive and still tries. */
  readonly pendingAlive: number
  /** Number of offers so far. */
  readonly made: number
}

/**
 * Decides what to do when an offer fails. A refusal counts unless another live peer may still accept; a sleeping peer
 * would only delay it.
 */
export function afterFailedOffer({ sessionGone, pending, pendingAlive, made }: FailedOffer): 'wait' | 'again' | 'fail' {
  if (sessionGone ? pending > 0 : pendingAlive > 0) return 'wait'
  return sessionGone && made < maxOffers ? 'again' : 'fail'
}

/** Most sessions tried for one open: the chosen one may be dead without notice, two in a row rarely are. */
export const maxOffers = 3

/** Shortest wait: few targets take longer to answer, and people notice a wait of a second. */
const minOfferMs = 1000
