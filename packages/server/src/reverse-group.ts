import { encode, MessageType } from '@ls/codec'
import { Balancer, Inbound } from '@ls/relay'
import type { ResolvedServerOptions } from './options.js'
import type { Peer } from './peer.js'
import type { ConnectorToken, ReverseToken } from './token-registry.js'

export interface ReverseGroupOptions {
  readonly record: ReverseToken
  /** Listen before the first provider has come. @default false */
  readonly socksNowait: boolean
  readonly server: ResolvedServerOptions
  /** The SOCKS port is open. */
  onListening(address: { host: string; port: number }): void
  /** The SOCKS port could not be opened. */
  onError(error: Error): void
}

/** Everything that belongs to one reverse token: its providers, its SOCKS port, and the connectors that reach them. */
export class ReverseGroup {
  readonly record: ReverseToken
  readonly #options: ReverseGroupOptions
  readonly #providers = new Set<Peer>()
  readonly #connectors = new Set<Peer>()
  readonly #all: Balancer
  /** Requests of connectors, by the provider that owns their token. */
  readonly #owned = new Map<string, Balancer>()
  readonly #inbound: Inbound | undefined
  #listening: Promise<void> | undefined

  constructor(options: ReverseGroupOptions) {
    const { record, server } = options
    this.record = record
    this.#options = options
    this.#all = new Balancer({ clock: server.clock, waitMs: server.providerWaitMs })
    if (record.port < 0) return
    const accounts =
      record.username === undefined ? [] : [{ username: record.username, password: record.password ?? '' }]
    this.#inbound = new Inbound({
      ...server,
      host: record.host,
      port: record.port,
      accounts,
      pick: (signal) => this.#all.pick(signal),
      logger: server.logger,
    })
  }

  get providers(): ReadonlySet<Peer> {
    return this.#providers
  }

  get connectors(): ReadonlySet<Peer> {
    return this.#connectors
  }

  /** Clients as people count them: processes, not WebSockets. */
  get providerCount(): number {
    return countInstances(this.#providers)
  }

  #ownsTokens(instance: string): boolean {
    return [...this.#connectors].some(({ record }) => (record as ConnectorToken).owner === instance)
  }

  /** Opens the SOCKS port, once. */
  async listen(): Promise<void> {
    const inbound = this.#inbound
    if (inbound === undefined) return
    this.#listening ??= inbound.listen().then((address) => this.#options.onListening(address))
    await this.#listening
  }

  get socksNowait(): boolean {
    return this.#options.socksNowait
  }

  addProvider(peer: Peer): void {
    this.#providers.add(peer)
    this.#all.add(peer.session)
    this.#ownedBy(peer.instance).add(peer.session)
    this.listen().catch((error: Error) => this.#options.onError(error))
    this.#tellPartners()
  }

  removeProvider(peer: Peer): void {
    if (!this.#providers.delete(peer)) return
    this.#all.remove(peer.session)
    const owned = this.#ownedBy(peer.instance)
    owned.remove(peer.session)
    if (owned.size === 0 && !this.#ownsTokens(peer.instance)) this.#owned.delete(peer.instance)
    this.#tellPartners()
  }

  /** Whether the owner of a connector token has a live link. */
  hasProvider(instance: string): boolean {
    return [...this.#providers].some((peer) => peer.instance === instance)
  }

  /** A provider's link is back: what waited for it can go. */
  wake(peer: Peer): void {
    this.#all.wake()
    this.#ownedBy(peer.instance).wake()
  }

  addConnector(peer: Peer): void {
    this.#connectors.add(peer)
    this.#tellPartners()
  }

  removeConnector(peer: Peer): void {
    if (this.#connectors.delete(peer)) this.#tellPartners()
  }

  /** The providers that a connector with this token reaches. */
  providersFor(token: ConnectorToken): Balancer {
    return token.owner === undefined ? this.#all : this.#ownedBy(token.owner)
  }

  /** A connector token has another owner, or none any more. */
  ownershipChanged(): void {
    this.#tellPartners()
  }

  async close(graceMs: number): Promise<void> {
    this.#all.close()
    for (const balancer of this.#owned.values()) balancer.close()
    await this.#inbound?.close({ graceMs })
  }

  #ownedBy(instance: string): Balancer {
    const known = this.#owned.get(instance)
    if (known !== undefined) return known
    const balancer = new Balancer({ clock: this.#options.server.clock, waitMs: this.#options.server.connectorWaitMs })
    this.#owned.set(instance, balancer)
    return balancer
  }

  /** Tells everyone how many partners they have: their own, never another tenant's (protocol.md §1, §2). */
  #tellPartners(): void {
    for (const provider of this.#providers) {
      const mine = [...this.#connectors].filter(({ record }) => reaches(record as ConnectorToken, provider))
      tell(provider, countInstances(mine))
    }
    for (const connector of this.#connectors) {
      const mine = [...this.#providers].filter((provider) => reaches(connector.record as ConnectorToken, provider))
      tell(connector, countInstances(mine))
    }
  }
}

function reaches(token: ConnectorToken, provider: Peer): boolean {
  return token.owner === undefined || token.owner === provider.instance
}

function tell(peer: Peer, count: number): void {
  peer.session.send(encode({ type: MessageType.Partners, count }))
}

function countInstances(peers: Iterable<Peer>): number {
  return new Set([...peers].map((peer) => peer.instance)).size
}
