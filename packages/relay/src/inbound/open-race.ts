import type { Clock, TimerHandle } from '@ls/batching'
import { type Channel, type ChannelCloseReason, type ChannelHandler, MuxError, type Session } from '@ls/mux'
import { RelayError } from '../errors.js'
import { type Failure, parseFailure } from '../failure.js'
import { afterFailedOffer, maxOffers, offerAfterMs } from './offer-policy.js'
import type { AnsweredChannel, ChannelSource, OpenChannelRequest } from './opener.js'
import { openRequest } from './open-request.js'

interface Offer {
  readonly session: Session
  readonly channel: Channel
  /** Messages that had come from the peer when it was asked. */
  readonly heardBefore: number
}

/**
 * Opens one channel on the session that answers first. An offer that is not answered holds nothing: after a moment the
 * open is offered to another live session too, and when one accepts, the others are closed.
 */
export class OpenRace {
  readonly #source: ChannelSource
  readonly #request: OpenChannelRequest
  readonly #offers = new Set<Offer>()
  readonly #tried = new Set<Session>()
  #clock: Clock | undefined
  #offerTimer: TimerHandle
  #limitTimer: TimerHandle
  #made = 0
  #isOver = false
  #resolve: (answered: AnsweredChannel) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(source: ChannelSource, request: OpenChannelRequest) {
    this.#source = source
    this.#request = request
  }

  /** Offers the open to `first`, and to others as needed. @throws RelayError with the peer's reason */
  run(first: Session): Promise<AnsweredChannel> {
    const { clock } = first.options
    const { unlinkedLimitMs } = this.#source
    this.#clock = clock
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#request.signal.addEventListener('abort', this.#onAbort, { once: true })
      if (unlinkedLimitMs !== undefined)
        this.#limitTimer = clock.setTimeout(() => this.#checkLinks(unlinkedLimitMs), unlinkedLimitMs)
      this.#offerTo(first)
    })
  }

  readonly #onAbort = (): void => this.#fail(this.#request.signal.reason as Error)

  #offerTo(session: Session): void {
    this.#tried.add(session)
    this.#made++
    try {
      const heardBefore = session.receivedMessages
      // Paused: deployed servers in agent mode may pass Data on before the answer that it came behind.
      const channel = session.open(openRequest(session, this.#request))
      const offer = { session, channel, heardBefore }
      channel.setHandler(this.#handlerFor(offer))
      this.#offers.add(offer)
      this.#planOffer(session)
    } catch (error) {
      const isGone = error instanceof MuxError && error.code === 'ERR_MUX_SESSION_CLOSED'
      if (isGone) this.#offerFailed({ kind: 'session', error: 'the link was closed' })
      else this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #handlerFor(offer: Offer): ChannelHandler {
    const answered: AnsweredChannel = { channel: offer.channel, closed: undefined }
    return {
      onOpen: () => this.#accepted(offer, answered),
      onClose: (reason) => {
        answered.closed = reason
        if (this.#offers.delete(offer)) this.#offerFailed(reason)
      },
    }
  }

  #planOffer(session: Session): void {
    this.#clock?.clearTimeout(this.#offerTimer)
    this.#offerTimer = this.#clock?.setTimeout(() => {
      const other = this.#made < maxOffers ? this.#source.pickOther?.(this.#tried) : undefined
      // Without one now: it may come, or be linked again.
      if (other === undefined) this.#planOffer(session)
      else this.#offerTo(other)
    }, offerAfterMs(session.roundTripMs()))
  }

  #accepted(offer: Offer, answered: AnsweredChannel): void {
    if (this.#isOver) return
    this.#offers.delete(offer)
    this.#end()
    this.#resolve(answered)
  }

  #offerFailed(reason: ChannelCloseReason): void {
    if (this.#isOver) return
    const isAlive = ({ session, heardBefore }: Offer): boolean => session.receivedMessages > heardBefore
    const next = afterFailedOffer({
      sessionGone: reason.kind === 'session',
      pending: this.#offers.size,
      pendingAlive: [...this.#offers].filter(isAlive).length,
      made: this.#made,
    })
    if (next === 'fail') this.#fail(new RelayError(failureOfClose(reason)))
    else if (next === 'again') void this.#offerAgain()
  }

  /** The session died before it answered, so another one gets its turn. */
  async #offerAgain(): Promise<void> {
    this.#clock?.clearTimeout(this.#offerTimer)
    try {
      const session = await this.#source.pick(this.#request.signal)
      if (!this.#isOver) this.#offerTo(session)
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
    this.#reject(error)
  }

  /** Closes the offers that are left; late answers find nobody. */
  #end(): void {
    this.#isOver = true
    this.#clock?.clearTimeout(this.#offerTimer)
    this.#clock?.clearTimeout(this.#limitTimer)
    this.#request.signal.removeEventListener('abort', this.#onAbort)
    for (const { channel } of this.#offers) channel.abort('')
    this.#offers.clear()
  }
}

/** What the peer said, as a failure. */
function failureOfClose(reason: ChannelCloseReason): Failure {
  if (reason.kind === 'session') return { word: 'no-provider', detail: reason.error }
  return parseFailure(reason.error === '' ? 'failed: the peer closed the channel' : reason.error)
}
