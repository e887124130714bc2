/** How long an open waits for an answer before it is offered to another session as well, in milliseconds. */
export function offerAfterMs(roundTripMs: number | undefined): number {
  return Math.max(minOfferMs, 2 * (roundTripMs ?? 0))
}

/** What is known of an open when one of its offers has failed. */
export interface FailedOffer {
  /** The link to that session is gone: nobody has refused anything. */
  readonly sessionGone: boolean
  /** Offers that are not answered. */
  readonly pending: number
  /** Those of them whose peer has been heard since: it lives, and still tries. */
  readonly pendingAlive: number
  /** Offers made so far. */
  readonly made: number
}

/**
 * What follows when an offer fails. A refusal counts, unless another peer that lives may still accept: one that sleeps
 * would only make it late.
 */
export function afterFailedOffer({ sessionGone, pending, pendingAlive, made }: FailedOffer): 'wait' | 'again' | 'fail' {
  if (sessionGone ? pending > 0 : pendingAlive > 0) return 'wait'
  return sessionGone && made < maxOffers ? 'again' : 'fail'
}

/** Sessions tried for one open: the chosen one may be dead without anyone knowing, two in a row rarely are. */
export const maxOffers = 3

/** Targets that take longer to answer are rare, and people notice a wait of a second. */
const minOfferMs = 1000
