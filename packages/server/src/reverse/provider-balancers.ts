import type { Session } from '@ls/mux'
import { Balancer } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'

/** Balancers over the providers of a token: one over all, and one for each process that owns connector tokens. */
export class ProviderBalancers {
  /** Over all providers. */
  readonly all: Balancer
  readonly #options: Pick<ResolvedServerOptions, 'clock' | 'providerWaitMs' | 'connectorWaitMs'>
  readonly #providers = new Set<Peer>()
  /** Pending requests of connectors, by the provider that owns their token. */
  readonly #owned = new Map<string, Balancer>()
  /** Codes of a relay that provider processes serve; several may serve one. */
  readonly #codes = new Map<string, Set<string>>()

  constructor(options: Pick<ResolvedServerOptions, 'clock' | 'providerWaitMs' | 'connectorWaitMs'>) {
    this.#options = options
    this.all = new Balancer({ clock: options.clock, waitMs: options.providerWaitMs })
  }

  /** Providers on this node. */
  get providers(): ReadonlySet<Peer> {
    return this.#providers
  }

  add(peer: Peer): void {
    this.#providers.add(peer)
    this.all.add(peer.session)
    for (const owner of this.ownersOf(peer)) this.#ownedBy(owner).add(peer.session)
  }

  /** Removes a provider; false if there was none. */
  remove(peer: Peer): boolean {
    if (!this.#providers.delete(peer)) return false
    this.all.remove(peer.session)
    for (const owner of this.ownersOf(peer)) this.#owned.get(owner)?.remove(peer.session)
    if (this.#sessionsOf(peer.instance).length === 0) this.#codes.delete(peer.instance)
    return true
  }

  /** Continues requests that wait for this provider. */
  wake(peer: Peer): void {
    this.all.wake()
    for (const owner of this.ownersOf(peer)) this.#owned.get(owner)?.wake()
  }

  /** Adds the owner whose connectors a provider process serves as well, besides others (relay mode). */
  join(instance: string, owner: string): void {
    this.#codes.set(instance, (this.#codes.get(instance) ?? new Set<string>()).add(owner))
    for (const session of this.#sessionsOf(instance)) this.#ownedBy(owner).add(session)
  }

  /** Removes the owner again; false if the process did not serve its connectors. */
  leave(instance: string, owner: string): boolean {
    if (this.#codes.get(instance)?.delete(owner) !== true) return false
    for (const session of this.#sessionsOf(instance)) this.#owned.get(owner)?.remove(session)
    return true
  }

  /** Owners of connector tokens for which a provider process answers. */
  ownersOf({ instance }: Pick<Peer, 'instance'>): string[] {
    return [instance, ...(this.#codes.get(instance) ?? [])]
  }

  /** Balancer over the providers for an owner's connectors; over all if it is undefined. */
  of(owner: string | undefined): Balancer {
    return owner === undefined ? this.all : this.#ownedBy(owner)
  }

  /** Owners whose balancer has a waiting request; undefined stands for all providers. */
  get awaited(): (string | undefined)[] {
    return [undefined, ...this.#owned.keys()].filter((owner) => this.of(owner).isAwaited)
  }

  /** Removes absent owners, unless a connector still waits for one, which may reconnect. */
  prune(askedFor: ReadonlySet<string | undefined>): void {
    for (const [owner, balancer] of this.#owned) {
      if (balancer.size === 0 && !askedFor.has(owner)) this.#owned.delete(owner)
    }
  }

  close(): void {
    this.all.close()
    for (const balancer of this.#owned.values()) balancer.close()
  }

  #ownedBy(owner: string): Balancer {
    const known = this.#owned.get(owner)
    if (known !== undefined) return known
    const balancer = new Balancer({ clock: this.#options.clock, waitMs: this.#options.connectorWaitMs })
    this.#owned.set(owner, balancer)
    return balancer
  }

  #sessionsOf(instance: string): Session[] {
    return [...this.#providers].filter((peer) => peer.instance === instance).map(({ session }) => session)
  }
}
