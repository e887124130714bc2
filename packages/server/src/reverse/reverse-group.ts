import type { Session } from '@ls/mux'
import {
  type Balancer,
  type Cancellation,
  type ChannelSource,
  ChannelSlots,
  type ListenAddress,
  type Pace,
  type SessionChoice,
} from '@ls/relay'
import { Partners } from '../links/partners.js'
import type { Peer } from '../links/peer.js'
import { type FarPeers, noFarPeers, peersToTell } from '../nodes/far-peers.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUse } from '../policy/token-use.js'
import type { ConnectorToken, ReverseToken } from '../tokens/token-registry.js'
import { tokenKey } from '../tokens/token-text.js'
import { ProviderBalancers } from './provider-balancers.js'
import { ReversePort } from './reverse-port.js'

export interface ReverseGroupOptions {
  readonly record: ReverseToken
  /** Whether to listen before the first provider has connected. @default false */
  readonly socksNowait: boolean
  readonly server: ResolvedServerOptions
  /** Current use and policy of the token; undefined without a policy. */
  use(): TokenUse | undefined
  /** Called when the SOCKS port is open. */
  onListening(address: ListenAddress): void
  /** Called when the SOCKS port could not be opened. */
  onError(error: unknown): void
}

/**
 * Time until a client is notified that no provider answers: the connect timeout of 10 s and 5 s more (protocol.md §1).
 */
export const sleepingProviderMs = 15_000

/** State of one reverse token: its providers, its SOCKS port, and the connectors that reach them. */
export class ReverseGroup {
  readonly record: ReverseToken
  /** SOCKS port of the token. */
  readonly socks: ReversePort
  readonly #options: ReverseGroupOptions
  readonly #connectors = new Set<Peer>()
  readonly #partners = new Partners()
  /** Name of the token for other nodes. */
  readonly #key: string
  /** Providers of this node that have a session elsewhere: other nodes shall no longer choose them here. */
  readonly #leaving = new Set<Peer>()
  /** Peers on other nodes. */
  #far: FarPeers = noFarPeers
  readonly #balancers: ProviderBalancers
  /** Slots of connections at the SOCKS port, for a token without a policy. */
  readonly #ownSlots: ChannelSlots

  constructor(options: ReverseGroupOptions) {
    const { record, server } = options
    this.record = record
    this.#key = tokenKey(record.token)
    this.#options = options
    this.#balancers = new ProviderBalancers(server)
    const what = 'connections of this token (--max-token-channels)'
    this.#ownSlots = new ChannelSlots({ limit: server.maxTokenChannels, what, parent: server.slots })
    this.socks = new ReversePort({
      ...options,
      isNeeded: () => this.#providers.size > 0 || this.#far.providers.length > 0 || options.socksNowait,
      inbound: {
        slots: { occupy: () => this.slots.occupy() },
        pick: (signal) => this.#pick(signal),
        pickOther: (tried) => this.#balancers.all.other(tried),
        unlinkedLimitMs: sleepingProviderMs,
      },
    })
    this.policyChanged()
  }

  /** Applies another policy of the token, to connections that begin from now on. */
  policyChanged(): void {
    this.socks.setPolicy(this.#options.use())
  }

  /**
   * Picks a session for a channel.
   *
   * @throws RelayError `busy` at the limit of the token or of all tokens, `forbidden` where its policy says so
   */
  #pick(signal: Cancellation): ReturnType<Balancer['pick']> {
    this.#checkHours()
    this.slots.check()
    return this.#reaching(undefined).pick(signal)
  }

  /** Checks the hours of the policy. @throws RelayError `forbidden` where no channel of the token may begin now */
  #checkHours(): void {
    const refusal = this.#options.use()?.channelRefusal()
    if (refusal !== undefined) throw refusal
  }

  /** Whether any provider has a link, here or on another node. */
  get hasLinkedProvider(): boolean {
    if (this.#far.providers.length > 0) return true
    return [...this.#providers].some(({ session }) => session.linked)
  }

  get socksNowait(): boolean {
    return this.#options.socksNowait
  }

  addProvider(peer: Peer): void {
    this.#balancers.add(peer)
    this.socks.keepOpen()
    this.#changed()
  }

  /** Handles a provider that has a session elsewhere, and keeps this one until nothing needs it any more. */
  providerLeaves(peer: Peer): void {
    if (!this.#providers.has(peer)) return
    this.#leaving.add(peer)
    this.#options.server.nodes?.peersChanged(this.#key)
  }

  removeProvider(peer: Peer): void {
    this.#leaving.delete(peer)
    if (this.#balancers.remove(peer)) this.#changed()
  }

  /** Whether the owner of a connector token has a session; its link may be down. */
  hasProvider(owner: string): boolean {
    if (this.#far.providers.includes(owner)) return true
    return [...this.#providers].some((peer) => this.#balancers.ownersOf(peer).includes(owner))
  }

  /** Whether a provider process serves connectors whose token has this owner; undefined stands for all providers. */
  isServedBy(owner: string | undefined, instance: string): boolean {
    return owner === undefined || this.#balancers.ownersOf({ instance }).includes(owner)
  }

  /** Registers that a provider process serves the connectors of `owner` as well, besides others (relay mode). */
  join(instance: string, owner: string): void {
    this.#balancers.join(instance, owner)
    this.#changed()
  }

  /** Registers that the process no longer serves them; returns whether others do, or undefined if this one did not. */
  leave(instance: string, owner: string): boolean | undefined {
    if (!this.#balancers.leave(instance, owner)) return undefined
    this.#changed()
    return this.hasProvider(owner)
  }

  /** Number of processes on this node, each counted once. */
  get sizes(): { readonly providers: number; readonly connectors: number } {
    const count = (peers: Iterable<Peer>): number => new Set([...peers].map(({ instance }) => instance)).size
    return { providers: count(this.#providers), connectors: count(this.#connectors) }
  }

  /** Handles a peer whose link is up (again): requests that wait for a provider continue. */
  wake(peer: Peer): void {
    this.#balancers.wake(peer)
    this.#options.server.nodes?.peersChanged(this.#key)
  }

  /** Handles a peer whose link is down. */
  slept(): void {
    this.#options.server.nodes?.peersChanged(this.#key)
  }

  /** Peers of this node, for the other nodes. */
  get near(): FarPeers {
    return peersToTell(
      [...this.#providers].filter((peer) => !this.#leaving.has(peer)),
      this.#connectors,
    )
  }

  /** Sets the peers of all other nodes together. */
  set far(peers: FarPeers) {
    this.#far = peers
    if (peers.providers.length > 0) this.socks.keepOpen()
    for (const owner of this.#balancers.awaited) this.#reaching(owner)
    this.#tellPartners()
  }

  /** Adds a session to providers of another node: to all, or to one process. Returns a function that removes it. */
  addFar(owner: string | undefined, session: Session): () => void {
    this.#balancers.of(owner).add(session, { far: true })
    return () => this.#balancers.of(owner).remove(session)
  }

  /** Providers of this node, for channels from another node, which must not be passed on to a third. */
  nearProviders(owner: string | undefined): SessionChoice {
    return this.#balancers.of(owner).near
  }

  addConnector(peer: Peer): void {
    this.#connectors.add(peer)
    this.#changed()
  }

  removeConnector(peer: Peer): void {
    if (!this.#connectors.delete(peer)) return
    this.#changed()
  }

  /** Providers that a connector with this token reaches. */
  providersFor(token: ConnectorToken): Balancer {
    return this.#reaching(token.owner)
  }

  /**
   * Opens channels to one provider process, or to all providers in turn, as the policy of the token allows at that
   * moment.
   */
  sourceFor(instance: string | undefined): PacedSource {
    const { use } = this.#options
    return {
      pick: (signal) => {
        this.#checkHours()
        return this.#reaching(instance).pick(signal)
      },
      pickOther: (tried) => this.#balancers.of(instance).other(tried),
      unlinkedLimitMs: sleepingProviderMs,
      get entryRules() {
        return use()?.entryRules
      },
      get pace() {
        return use()?.portPace
      },
    }
  }

  /** Reason why the policy lets no channel of the token begin now; undefined if one may. */
  get refusal(): string | undefined {
    return this.#options.use()?.channelRefusal()?.failure.detail
  }

  /** Counts the connections at the ports of this token. */
  get slots(): ChannelSlots {
    return this.#options.use()?.slots ?? this.#ownSlots
  }

  /** Handles a connector token that has another owner, or none. */
  ownershipChanged(): void {
    this.#changed()
  }

  /** Whether the port has connections, or the group has connectors that may request some. */
  get isAsked(): boolean {
    return this.#connectors.size > 0 || this.socks.connectionCount > 0
  }

  /** Closes the group; resolves when its SOCKS port is free. */
  async close(graceMs: number): Promise<void> {
    this.#balancers.close()
    await this.socks.close(graceMs)
  }

  /** Balancer for a channel that begins now. */
  #reaching(owner: string | undefined): Balancer {
    const balancer = this.#balancers.of(owner)
    if (this.#far.providers.length > 0 && !balancer.hasNear) this.#options.server.nodes?.wanted(this.#key, owner)
    return balancer
  }

  #changed(): void {
    this.#balancers.prune(new Set([...this.#connectors].map(({ record }) => (record as ConnectorToken).owner)))
    this.#tellPartners()
    this.#options.server.nodes?.peersChanged(this.#key)
  }

  get #providers(): ReadonlySet<Peer> {
    return this.#balancers.providers
  }

  #tellPartners(): void {
    const ownersOf = (peer: Peer): string[] => this.#balancers.ownersOf(peer)
    this.#partners.update(this.#providers, this.#connectors, ownersOf, this.#far)
  }
}

/** Source of channels of a token, at the rate of its policy. */
export interface PacedSource extends ChannelSource {
  /** Rates of the TCP traffic. @default no limit */
  readonly pace?: Pace | undefined
}
