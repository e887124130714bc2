import { textOf } from '@ls/foundation'
import type { Channel, Session, SessionHandler } from '@ls/mux'
import { parseExposure } from '@ls/relay'
import type { ServerLife } from '../counts/readiness.js'
import type { Exposures } from '../expose/exposures.js'
import type { FarName } from '../expose/hosts/far-names.js'
import type { SharedName } from '../expose/hosts/name-registry.js'
import { drainReason, openChannels } from '../life/drain.js'
import type { MovingClients } from '../life/moving-clients.js'
import type { LinkAdmission, TrunkTerms } from '../links/admission.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenLoad } from '../policy/token-load.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { UsedAmounts } from '../quota/quota.js'
import type { ChannelForwarder } from '../reverse/channel-forwarder.js'
import type { ReverseGroup } from '../reverse/reverse-group.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { restoreToken, type TokenMaker } from '../state/restore-token.js'
import { parseToken, type StoredToken } from '../state/state-content.js'
import type { Tickets } from '../tickets/tickets.js'
import type { ReverseToken, TokenRegistry } from '../tokens/token-registry.js'
import { tokenKey } from '../tokens/token-text.js'
import { version } from '../version.js'
import type { ClusterStatus, NodeStatus } from './cluster-status.js'
import { type FarPeers, noFarPeers } from './far-peers.js'

/** Destination of channels between nodes. */
export interface FarRoute {
  /** `tokenKey` of the providers' token. */
  readonly reverseKey: string
  /** Provider process; undefined for any. */
  readonly owner: string | undefined
}

export interface LocalNodeOptions {
  readonly options: ResolvedServerOptions
  readonly server: TokenMaker & { removeToken(token: string): Promise<boolean> }
  readonly tokens: TokenRegistry
  readonly groups: ReverseGroups
  readonly admission: LinkAdmission
  readonly channelForwarder: ChannelForwarder
  isDraining(): boolean
  readonly uses: TokenUses
  readonly life: { readonly state: ServerLife }
  readonly moving: Pick<MovingClients, 'ask' | 'isLeaving'>
  readonly exposures: Pick<Exposures, 'setFarNames'>
  readonly tickets: Pick<Tickets, 'restore' | 'dropped'>
}

/** Interface of a server for the code that joins it with other nodes. */
export class LocalNode {
  readonly #options: LocalNodeOptions

  constructor(options: LocalNodeOptions) {
    this.#options = options
  }

  /** Session option that both ends of a trunk must know: the window. */
  get windowBytes(): number {
    return this.#options.options.windowBytes
  }

  /** State of the cluster as this node sees it; undefined without the option `nodes`. */
  get cluster(): ClusterStatus | undefined {
    return this.#options.options.nodes?.status
  }

  /** What other nodes are told about this one. */
  get load(): Pick<NodeStatus, 'links' | 'channels' | 'draining' | 'release'> {
    const { admission, life } = this.#options
    const { peers } = admission
    return { links: peers.size, channels: openChannels(peers), draining: life.state === 'draining', release: version }
  }

  /**
   * Asks idle clients with at most that many links in all to link to another node, and refuses them new links here for
   * a while. Returns the number of their links.
   */
  askToLeave(most: number): number {
    return this.#options.moving.ask(most)
  }

  /** `tokenKey` of each reverse token. */
  get reverseKeys(): string[] {
    return [...this.#options.tokens].filter(({ kind }) => kind === 'reverse').map(({ token }) => tokenKey(token))
  }

  /** Peers of a reverse token on this node. */
  peersOf(reverseKey: string): FarPeers {
    return this.#groupOf(reverseKey)?.near ?? noFarPeers
  }

  /** Sets the peers of a reverse token on all other nodes. */
  setFarPeers(reverseKey: string, peers: FarPeers): void {
    const group = this.#groupOf(reverseKey)
    if (group !== undefined) group.far = peers
  }

  /** Sets the providers at other processes of this server that expose a host name. */
  setFarNames(host: string, names: readonly SharedName[]): void {
    this.#options.exposures.setFarNames(
      host,
      names.flatMap((name) => this.#farName(name) ?? []),
    )
  }

  /** Bytes that tokens with a quota have moved over this node, by `tokenKey`. */
  get used(): Iterable<readonly [key: string, used: UsedAmounts]> {
    return this.#options.uses.quotas.here
  }

  /** Whether this node counts on from {@link used} after a restart. */
  get keepsUsed(): boolean {
    return this.#options.options.state !== undefined
  }

  /** Sets what each other node has counted for a token. */
  setUsedElsewhere(key: string, amounts: readonly UsedAmounts[]): void {
    this.#options.uses.quotas.setElsewhere(key, amounts)
  }

  /** What users of each token with limits do at this node. Called once a second. */
  tokenLoads(): [key: string, load: TokenLoad][] {
    const { uses, tokens, moving, life } = this.#options
    return uses.loads(tokens, (peer) => life.state !== 'draining' && !moving.isLeaving(peer))
  }

  /** Sets what users of a token do at each other node. */
  setLoadElsewhere(key: string, loads: readonly TokenLoad[]): void {
    const { uses, tokens } = this.#options
    uses.setElsewhere(key, tokens.findByKey(key), loads)
  }

  /** Opens a session with another node, charged to the token; undefined where the token is not known. */
  openTrunk(reverseKey: string, terms: TrunkTerms, handler: SessionHandler): Session | undefined {
    const record = this.#reverse(reverseKey)
    return record === undefined ? undefined : this.#options.admission.openTrunk(record, terms, handler)
  }

  /** Adds a session that leads to providers of another node. Returns a function that removes it. */
  addFar({ reverseKey, owner }: FarRoute, session: Session): () => void {
    return this.#groupOf(reverseKey)?.addFar(owner, session) ?? (() => {})
  }

  /** Serves a channel from another node with a provider of this node. */
  serve({ reverseKey, owner }: FarRoute, channel: Channel, from: Session): void {
    const { channelForwarder, isDraining } = this.#options
    if (isDraining()) return channel.reject(`busy: ${drainReason}`)
    const group = this.#groupOf(reverseKey)
    if (group === undefined) return channel.reject('no-provider: the token is not known to this node')
    channelForwarder.connect(channel, from, { providers: group.nearProviders(owner), waitMs: farWaitMs })
  }

  /**
   * Registers a token of another node. A token that exists already stays as it is, except for its owner.
   *
   * @throws ServerError when it cannot be registered, RangeError for a text that is no token
   */
  addToken(text: string): StoredToken {
    const { server, tokens, groups } = this.#options
    const stored = parseToken(JSON.parse(text), 'token')
    const known = tokens.find(stored.token)
    if (known === undefined) restoreToken(stored, server, tokens)
    else if (known.kind === 'connector' && stored.kind === 'connector' && known.owner !== stored.owner) {
      known.owner = stored.owner
      groups.of(known)?.ownershipChanged()
    }
    return stored
  }

  /** Removes a token that was removed at another node. */
  async removeToken(key: string): Promise<void> {
    const { server, tokens } = this.#options
    const record = tokens.findByKey(key)
    if (record !== undefined) await server.removeToken(record.token)
  }

  /** Sets a ticket of another process of this server; undefined for one that is over. */
  setTicket(key: string, text: string | undefined): void {
    const { tickets } = this.#options
    if (text === undefined) tickets.dropped(key)
    else tickets.restore(key, text)
  }

  /** Finds the token of a far name; undefined for an unknown one, and for a form that a later version has written. */
  #farName({ reverseKey, instance, exposure }: SharedName): FarName | undefined {
    const record = this.#reverse(reverseKey)
    try {
      return record && { owner: { record, instance }, exposure: parseExposure(exposure) }
    } catch (error) {
      this.#options.options.logger.warn({ reason: textOf(error) }, 'a host name of another process is not served here')
      return undefined
    }
  }

  #groupOf(reverseKey: string): ReverseGroup | undefined {
    const record = this.#reverse(reverseKey)
    return record && this.#options.groups.of(record)
  }

  #reverse(key: string): ReverseToken | undefined {
    const record = this.#options.tokens.findByKey(key)
    return record?.kind === 'reverse' ? record : undefined
  }
}

/** Wait for a provider that another node has just seen here, in milliseconds: one that is gone will not return soon. */
const farWaitMs = 1000
