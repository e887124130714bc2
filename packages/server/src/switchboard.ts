import { type Channel, forward, type ForwardedChannel, type Session } from '@ls/mux'
import { type Balancer, failureOf, formatFailure } from '@ls/relay'

/** Joins connectors' channels with providers, and knows which are joined (agent mode, protocol.md §1). */
export class Switchboard {
  readonly #channels = new Set<ForwardedChannel>()

  get size(): number {
    return this.#channels.size
  }

  /** Channels that pass through now. */
  [Symbol.iterator](): Iterator<ForwardedChannel> {
    return this.#channels.values()
  }

  /** Passes a channel on to one of `providers`, now or when one has come within `waitMs`. */
  connect(channel: Channel, from: Session, providers: Balancer, waitMs: number): void {
    const gone = new AbortController()
    channel.setHandler({ onClose: () => gone.abort(new Error('the connector went away')) })
    const picked = providers.pick(gone.signal, waitMs)
    if (!(picked instanceof Promise)) return this.#join(channel, from, picked)
    picked.then(
      (provider) => this.#join(channel, from, provider),
      (error) => channel.reject(formatFailure(failureOf(error, 'the provider'))),
    )
  }

  #join(channel: Channel, from: Session, to: Session): void {
    if (channel.state !== 'opening') return
    const joined = forward(channel, from, to, () => {
      if (joined !== undefined) this.#channels.delete(joined)
    })
    if (joined !== undefined) this.#channels.add(joined)
  }
}
