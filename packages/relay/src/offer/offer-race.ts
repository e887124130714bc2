import { asError, type Clock, type TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { type Failure, RelayError } from '../errors.js'
import type { ChannelSource } from './channel-source.js'
import { afterFailedOffer, maxOffers, offerAfterMs } from './offer-policy.js'

/** Callbacks for the result of one offer; exactly one is called, once. */
export interface OfferEvents<T> {
  /** The other side accepted the channel. */
  accepted(what: T): void
  /** The other side refused the channel, with the reason. */
  refused(failure: Failure): void
  /** The session has ended; this is no refusal. */
  gone(reason: string): void
}

export interface OfferRaceOptions<T> {
  readonly source: ChannelSource
  /** Aborts when the channel is no longer wanted. */
  readonly signal: Cancellation
  /**
   * Offers the channel to a session and returns a function that withdraws the offer. @throws an error that ends the
   * race
   */
  offer(session: Session, events: OfferEvents<T>): () => void
  /** Called while the accepting message is processed; all other offers are withdrawn by then. */
  onAccepted(what: T): void
  /** Called when no session accepts, or the channel is no longer wanted. */
  onFailed(error: Error): void
}

interface Offer {
  readonly session: Session
  /** Number of messages received from the peer before the offer. */
  readonly heardBefore: number
  takeBack: () => void
}

/** Offers a channel to `first`, and then to other sessions as needed, as {@link OfferRace} describes. */
export function offerInTurn<T>(first: Session, options: OfferRaceOptions<T>): void {
  new OfferRace(options, first.options.clock).offerTo(first)
}

/**
 * Offers one channel to sessions until one accepts. An unanswered offer blocks nothing: after a moment the channel is
 * offered to another live session too. When one accepts, the others are withdrawn.
 */
class OfferRace<T> {
  readonly #options: OfferRaceOptions<T>
  readonly #offers = new Set<Offer>()
  readonly #tried = new Set<Session>()
  readonly #clock: Clock
  #offerTimer: TimerHandle
  readonly #limitTimer: TimerHandle
  #made = 0
  #isOver = false

  constructor(options: OfferRaceOptions<T>, clock: Clock) {
    const { unlinkedLimitMs } = options.source
    this.#options = options
    this.#clock = clock
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    if (unlinkedLimitMs !== undefined)
      this.#limitTimer = this.#clock.setTimeout(() => this.#checkLinks(unlinkedLimitMs), unlinkedLimitMs)
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal.reason as Error)

  offerTo(session: Session): void {
    const offer: Offer = { session, heardBefore: session.receivedMessages, takeBack: () => {} }
    this.#tried.add(session)
    this.#made++
    this.#offers.add(offer)
    this.#planOffer(session)
    try {
      offer.takeBack = this.#options.offer(session, this.#eventsOf(offer))
    } catch (error) {
      this.#fail(asError(error))
    }
  }

  #eventsOf(offer: Offer): OfferEvents<T> {
    const once = (then: () => void): void => {
      if (this.#offers.delete(offer)) then()
    }
    return {
      accepted: (what) =>
        once(() => {
          this.#end()
          this.#options.onAccepted(what)
        }),
      refused: (failure) => once(() => this.#failed('refused', failure)),
      gone: (reason) => once(() => this.#failed('gone', { word: 'no-provider', detail: reason })),
    }
  }

  #planOffer(session: Session): void {
    this.#clock.clearTimeout(this.#offerTimer)
    this.#offerTimer = this.#clock.setTimeout(() => {
      const other = this.#made < maxOffers ? this.#options.source.pickOther?.(this.#tried) : undefined
      // No session now: one may be added, or get a link again.
      if (other === undefined) this.#planOffer(session)
      else this.offerTo(other)
    }, offerAfterMs(session.roundTripMs()))
  }

  #failed(outcome: 'refused' | 'gone', failure: Failure): void {
    const isAlive = ({ session, heardBefore }: Offer): boolean => session.receivedMessages > heardBefore
    const next = afterFailedOffer({
      sessionGone: outcome === 'gone',
      pending: this.#offers.size,
      pendingAlive: [...this.#offers].filter(isAlive).length,
      made: this.#made,
    })
    if (next === 'fail') this.#fail(new RelayError(failure))
    else if (next === 'again') void this.#offerAgain()
  }

  /** Offers the channel to another session after one ended without an answer. */
  async #offerAgain(): Promise<void> {
    this.#clock.clearTimeout(this.#offerTimer)
    try {
      const session = await this.#options.source.pick(this.#options.signal)
      if (!this.#isOver) this.offerTo(session)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Ends the race if no session with an offer has a link: an answer is better than a wait for one that sleeps. */
  #checkLinks(limitMs: number): void {
    if ([...this.#offers].some(({ session }) => session.linked)) return
    this.#fail(new RelayError({ word: 'timeout', detail: `the peer could not be reached for ${limitMs} ms` }))
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#end()
    this.#options.onFailed(error)
  }

  /** Withdraws the remaining offers; late answers are ignored. */
  #end(): void {
    this.#isOver = true
    this.#clock.clearTimeout(this.#offerTimer)
    this.#clock.clearTimeout(this.#limitTimer)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    const left = [...this.#offers]
    this.#offers.clear()
    for (const { takeBack } of left) takeBack()
  }
}
