import { type Channel, forward, type ForwardedChannel, type Session } from '@ls/mux'
import { type Balancer, failureOf, formatFailure, parseTarget, RelayError, type Target } from '@ls/relay'

/** A channel that passes from a connector to a provider. */
export interface Connection {
  readonly channel: ForwardedChannel
  /** The connector's. */
  readonly from: Session
}

/** Joins connectors' channels with providers, and knows which are joined (agent mode, protocol.md §1). */
export class Switchboard {
  /** By the channel as its opener asked for it. */
  readonly #connections = new Map<Channel, Connection>()

  get size(): number {
    return this.#connections.size
  }

  /** Channels that pass through now. */
  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values()
  }

  /** Passes a channel on to one of `providers`, now or when one has come within `waitMs`. */
  connect(channel: Channel, from: Session, providers: Balancer, waitMs: number): void {
    // Deployed providers hand the text to their resolvers and their rules as it is.
    const target = channel.address === undefined ? undefined : parseTarget(channel.address)
    if (target instanceof RelayError) return channel.reject(target.message)
    const join = (to: Session): void => this.#join(channel, from, to, target)
    const gone = new AbortController()
    channel.setHandler({ onClose: () => gone.abort(new Error('the connector went away')) })
    const picked = providers.pick(gone.signal, waitMs)
    if (!(picked instanceof Promise)) return join(picked)
    picked.then(join).catch((error: unknown) => channel.reject(formatFailure(failureOf(error, 'the provider'))))
  }

  #join(channel: Channel, from: Session, to: Session, address: Target | undefined): void {
    let over = false
    const onClose = (): void => {
      over = true
      this.#connections.delete(channel)
    }
    const forwarded = forward(channel, from, to, { address, onClose })
    // Over already, when what waited in the channel ended with its Disconnect.
    if (forwarded !== undefined && !over) this.#connections.set(channel, { channel: forwarded, from })
  }
}
