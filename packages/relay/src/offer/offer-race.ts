import { asError, type Clock, type TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { type Failure, RelayError } from '../errors.js'
import { afterFailedOffer, maxOffers, offerAfterMs } from './offer-policy.js'
import type { ChannelSource } from './channel-source.js'

/** What becomes of one offer; one of these is called, once. */
export interface OfferEvents<T> {
  /** The other side has taken the channel. */
  accepted(what: T): void
  /** The other side has refused the channel, and why. */
  refused(failure: Failure): void
  /** The session is over, so that nobody has refused anything. */
  gone(reason: string): void
}

export interface OfferRaceOptions<T> {
  readonly source: ChannelSource
  /** Aborts when nobody wants the channel any more. */
  readonly signal: Cancellation
  /** Offers the channel to a session. Returns what takes the offer back. @throws what ends the race */
  offer(session: Session, events: OfferEvents<T>): () => void
  /** Called at once, within the message that says so; all other offers are taken back by then. */
  onAccepted(what: T): void
  /** Nobody takes it, or nobody wants it. */
  onFailed(error: Error): void
}

interface Offer {
  readonly session: Session
  /** Messages that had come from the peer when it was asked. */
  readonly heardBefore: number
  takeBack: () => void
}

/** Offers a channel to `first`, and then to others as needed, as {@link OfferRace} says. */
export function offerInTurn<T>(first: Session, options: OfferRaceOptions<T>): void {
  new OfferRace(options, first.options.clock).offerTo(first)
}

/**
 * Offers one channel to sessions until one accepts. An offer that is not answered holds nothing: after a moment the channel
 * is offered to another live session too, and when one accepts, the others are taken back.
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
      refused: (failure) => once(() => this.#failed(false, failure)),
      gone: (reason) => once(() => this.#failed(true, { word: 'no-provider', detail: reason })),
    }
  }

  #planOffer(session: Session): void {
    this.#clock.clearTimeout(this.#offerTimer)
    this.#offerTimer = this.#clock.setTimeout(() => {
      const other = this.#made < maxOffers ? this.#options.source.pickOther?.(this.#tried) : undefined
      // Without one now: it may come, or be linked again.
      if (other === undefined) this.#planOffer(session)
      else this.offerTo(other)
    }, offerAfterMs(session.roundTripMs()))
  }

  #failed(sessionGone: boolean, failure: Failure): void {
    const isAlive = ({ session, heardBefore }: Offer): boolean => session.receivedMessages > heardBefore
    const next = afterFailedOffer({
      sessionGone,
      pending: this.#offers.size,
      pendingAlive: [...this.#offers].filter(isAlive).length,
      made: this.#made,
    })
    if (next === 'fail') this.#fail(new RelayError(failure))
    else if (next === 'again') void this.#offerAgain()
  }

  /** The session died before it answered, so another one gets its turn. */
  async #offerAgain(): Promise<void> {
    this.#clock.clearTimeout(this.#offerTimer)
    try {
      const session = await this.#options.source.pick(this.#options.signal)
      if (!this.#isOver) this.offerTo(session)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Nobody who was asked can be reached: waiting for one that sleeps is not worth more than an answer. */
  #checkLinks(limitMs: number): void {
    if ([...this.#offers].some(({ session }) => session.linked)) return
    this.#fail(new RelayError({ word: 'timeout', detail: `the peer could not be reached for ${limitMs} ms` }))
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#end()
    this.#options.onFailed(error)
  }

  /** Takes back the offers that are left; late answers find nobody. */
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
