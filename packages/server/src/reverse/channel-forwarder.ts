import { type RareLog, RenewedMap } from '@ls/foundation'
import {
  type Channel,
  ChannelOffer,
  forward,
  forwardAccepted,
  type ForwardedChannel,
  type ForwardPace,
  type Session,
} from '@ls/mux'
import {
  type ChannelSource,
  failureOf,
  formatFailure,
  type OfferEvents,
  offerInTurn,
  parseFailure,
  parseTarget,
  RelayError,
  type SessionChoice,
  type CheckedTarget,
} from '@ls/relay'
import { sleepingProviderMs } from './reverse-group.js'

/** A channel forwarded from a connector to a provider. */
export interface Connection {
  readonly channel: ForwardedChannel
  /** The connector's session. */
  readonly from: Session
  /** The provider's session. */
  readonly to: Session
}

/** Forwards connectors' channels to providers, and keeps the list of them (agent mode, protocol.md §1). */
export class ChannelForwarder {
  /** Connections by the opener's channel. */
  readonly #connections = new RenewedMap<Channel, Connection>()
  readonly #rareLog: RareLog
  readonly #onEnded: (connection: Connection) => void

  /**
   * @param rareLog Logs connectors without a provider.
   * @param onEnded Called when a forwarded channel has ended.
   */
  constructor(rareLog: RareLog, onEnded: (connection: Connection) => void = () => {}) {
    this.#rareLog = rareLog
    this.#onEnded = onEnded
  }

  get size(): number {
    return this.#connections.size
  }

  /** Iterates over the forwarded channels. */
  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values()
  }

  /** Forwards a channel to one of `providers`, now or when one connects within `waitMs`. */
  connect(channel: Channel, from: Session, { providers, waitMs, pace, onOver = () => {} }: ForwardTerms): void {
    // Deployed providers pass the text unchanged to their resolvers and rules.
    const address = channel.address === undefined ? undefined : parseTarget(channel.address)
    if (address instanceof RelayError) {
      onOver()
      return channel.reject(address.message)
    }
    const gone = new AbortController()
    channel.setHandler({
      onClose: () => {
        onOver()
        gone.abort(new Error('the connector went away'))
      },
    })
    const source: ChannelSource = {
      pick: (signal) => providers.pick(signal, waitMs),
      pickOther: (tried) => providers.other(tried),
      unlinkedLimitMs: sleepingProviderMs,
    }
    const start = (first: Session): void => {
      const isOnlyOne = providers.other(new Set([first])) === undefined
      // Another node may have lost its provider, and the refusal is then no answer: the provider may be elsewhere.
      if (isOnlyOne && !providers.isFar(first))
        this.#join(channel, { from, to: first }, onOver, (onClose) =>
          forward(channel, from, first, { address, pace, onClose }),
        )
      else this.#race({ channel, from, first, address, source, signal: gone.signal, pace, onOver })
    }
    const picked = source.pick(gone.signal)
    if (!(picked instanceof Promise)) return start(picked)
    picked.then(start).catch((error: unknown) => this.#reject(channel, error))
  }

  /** Offers the channel to one provider after the other; no data is forwarded before one accepts. */
  #race({ channel, from, first, address, source, signal, pace, onOver }: Race): void {
    offerInTurn<Accepted>(first, {
      source,
      signal,
      offer: (to, events) => offerTo(channel, to, address, events),
      onAccepted: ({ to, message }) =>
        this.#join(channel, { from, to }, onOver, (onClose) =>
          forwardAccepted(channel, from, to, message, { pace, onClose }),
        ),
      onFailed: (error) => this.#reject(channel, error),
    })
  }

  #reject(channel: Channel, error: unknown): void {
    const failure = failureOf(error, 'the provider')
    if (failure.word === 'no-provider')
      this.#rareLog.warn('a connector requests targets, but no provider accepts them', failure.detail)
    channel.reject(formatFailure(failure))
  }

  #join(
    channel: Channel,
    ends: Pick<Connection, 'from' | 'to'>,
    onOver: () => void,
    connect: (onClose: () => void) => ForwardedChannel | undefined,
  ): void {
    let over = false
    const forwarded = connect(() => {
      over = true
      onOver()
      this.#end(channel)
    })
    if (forwarded === undefined) return onOver()
    this.#connections.set(channel, { channel: forwarded, ...ends })
    // It may have ended already, if a Disconnect was queued in the channel.
    if (over) this.#end(channel)
  }

  #end(channel: Channel): void {
    const connection = this.#connections.get(channel)
    if (connection === undefined) return
    this.#connections.delete(channel)
    this.#onEnded(connection)
  }
}

/** Destination and limits of a connector's channel. */
export interface ForwardTerms {
  readonly providers: SessionChoice
  /** Time to wait for a provider, in milliseconds. */
  readonly waitMs: number
  /** Rates of the connector's token. @default no limit */
  readonly pace?: ForwardPace | undefined
  /** Called when the channel has ended or was refused. May be called again. */
  readonly onOver?: (() => void) | undefined
}

interface Race {
  readonly channel: Channel
  readonly from: Session
  readonly first: Session
  readonly address: CheckedTarget | undefined
  readonly source: ChannelSource
  readonly signal: AbortSignal
  readonly pace: ForwardPace | undefined
  onOver(): void
}

interface Accepted {
  readonly to: Session
  readonly message: Uint8Array
}

function offerTo(
  channel: Channel,
  to: Session,
  address: CheckedTarget | undefined,
  events: OfferEvents<Accepted>,
): () => void {
  const offer = ChannelOffer.make({ request: channel, address }, to, {
    onAccept: (message) => events.accepted({ to, message }),
    onRefuse: (error) => {
      const failure = parseFailure(error)
      // Only another node gives this answer, when it has no provider any more; a provider never does.
      if (failure.word === 'no-provider') events.gone(failure.detail)
      else events.refused(failure)
    },
    onSessionClosed: (reason) => events.gone(reason),
  })
  if (offer === undefined) events.gone('the link to the provider accepts no more channels')
  return () => offer?.withdraw()
}
