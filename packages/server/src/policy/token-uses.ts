import { type QuotaCounts, RareLog, type TimerHandle } from '@ls/foundation'
import type { Channel, ForwardedChannel } from '@ls/mux'
import { Authorizer } from '../authorize/authorizer.js'
import { askForChannel, askForLink } from '../authorize/token-questions.js'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { QuotaBook } from '../quota/quota-book.js'
import { quotaCounts } from '../quota/quota-counts.js'
import { QuotaMeter } from '../quota/quota-meter.js'
import type { Connection } from '../reverse/channel-forwarder.js'
import { policyHolderOf } from '../tokens/tenant.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import { tokenKey } from '../tokens/token-text.js'
import type { Policy } from './policy.js'
import type { TokenLoad } from './token-load.js'
import { TokenUse } from './token-use.js'

export interface TokenUsesOptions {
  readonly server: ResolvedServerOptions
  /** All clients. */
  readonly peers: () => Iterable<Peer>
  /** Channels from connectors to providers. */
  readonly forwarded: () => Iterable<Connection>
}

/** Current use of all tokens with a policy. For a token without one, this costs a lookup in a map. */
export class TokenUses {
  readonly #options: TokenUsesOptions
  readonly #rareLog: RareLog
  /** Quotas of all tokens. */
  readonly quotas: QuotaBook
  readonly #meter: QuotaMeter
  readonly #authorizer: Authorizer | undefined
  readonly #uses = new WeakMap<TokenRecord, TokenUse>()
  /** What users of a token do at each other node, by `tokenKey`. At most as many as those nodes have tokens. */
  readonly #elsewhere = new Map<string, readonly TokenLoad[]>()
  #timer: TimerHandle
  #closed = false

  constructor(options: TokenUsesOptions) {
    this.#options = options
    this.#rareLog = new RareLog(options.server.clock, options.server.logger)
    const { authorize, clock, logger } = options.server
    this.#authorizer = authorize === undefined ? undefined : new Authorizer({ ...authorize, clock, logger })
    this.quotas = new QuotaBook(options.server.state)
    this.#meter = new QuotaMeter({ ...options, useOf: (record) => this.of(record) })
  }

  /** Use of a token; undefined for a token without a policy. */
  of(record: TokenRecord): TokenUse | undefined {
    const { server } = this.#options
    const { policy = server.policy } = policyHolderOf(record)
    if (policy === undefined) return undefined
    const known = this.#uses.get(record) ?? this.#make(record, policy)
    this.#uses.set(record, known)
    return known
  }

  /**
   * Checks a client that wants a link.
   *
   * @throws Forbidden, or RetryLater if it may try again; a promise that is returned may reject with them
   */
  permit(record: TokenRecord, remoteAddress: string): Promise<void> | undefined {
    const use = this.of(record)
    use?.permit(remoteAddress)
    return askForLink(this.#authorizer, record, use?.policy.name, remoteAddress)
  }

  /** Asks the authorize service about a channel; resolves with the reason of a refusal. Undefined without a service. */
  askFor(peer: Peer, channel: Channel): Promise<string | undefined> | undefined {
    return askForChannel(this.#authorizer, peer, this.of(peer.record)?.policy.name, channel)
  }

  /** Handles a client that has a session: starts to watch its token, if that can expire. */
  joined(peer: Peer): void {
    this.#meter.joined(peer)
    this.#watch(peer)
  }

  /**
   * Applies another policy to a token, or none. Clients with a link stay, with the new limits.
   *
   * @param sharing Tokens that are under the same policy.
   */
  changed(record: TokenRecord, sharing: Iterable<TokenRecord>): void {
    const { policy = this.#options.server.policy } = record
    const withoutQuota = new Set<TokenRecord>()
    for (const each of [record, ...sharing]) {
      if (policyHolderOf(each) !== record) continue
      if (this.#uses.get(each)?.quota === undefined) withoutQuota.add(each)
      if (policy === undefined) this.#uses.delete(each)
      else this.#uses.get(each)?.change(policy)
    }
    this.#meter.began(withoutQuota)
    for (const peer of this.#options.peers()) if (policyHolderOf(peer.record) === record) this.joined(peer)
  }

  /**
   * What users of each token with limits do at this node, for other nodes. Called once a second.
   *
   * @param isStaying Whether a client keeps its links here.
   */
  loads(tokens: Iterable<TokenRecord>, isStaying: (peer: Peer) => boolean): [key: string, load: TokenLoad][] {
    // A token without a use has had no client.
    const used = [...tokens].filter((record) => this.#uses.has(record) && this.#isLimited(record))
    const links = new Map(used.map((record) => [record, 0]))
    for (const peer of used.length === 0 ? [] : this.#options.peers()) {
      const holder = policyHolderOf(peer.record)
      const known = links.get(holder)
      if (known !== undefined && peer.session.linked && isStaying(peer)) links.set(holder, known + 1)
    }
    return used.flatMap((record) => {
      const use = this.of(record)
      return use === undefined ? [] : [[tokenKey(record.token), use.loadWith(links.get(record) ?? 0)]]
    })
  }

  /** Sets what users of a token do at each other node. */
  setElsewhere(key: string, record: TokenRecord | undefined, loads: readonly TokenLoad[]): void {
    if (loads.length === 0) this.#elsewhere.delete(key)
    else this.#elsewhere.set(key, loads)
    const use = record && this.#uses.get(record)
    use?.setElsewhere(loads)
  }

  /** Counts a channel of a token that has ended; without a token it is one of the server's own proxy ports. */
  ended(record: TokenRecord | undefined, channel: Channel | ForwardedChannel): void {
    this.#meter.ended(record, channel)
  }

  /** Removes the use of a token that was removed; a new one of the same text starts from zero. */
  forget({ token }: TokenRecord): void {
    this.quotas.forget(token)
    this.#elsewhere.delete(tokenKey(token))
  }

  /** Use of the quotas of all tokens. */
  quotaCounts(tokens: Iterable<TokenRecord>): QuotaCounts[] {
    return quotaCounts(tokens, (record) => this.of(record))
  }

  /** Resolves when the counts are on the disk. */
  close(): Promise<void> {
    this.#closed = true
    this.#options.server.clock.clearTimeout(this.#timer)
    return this.#meter.close()
  }

  #watch({ record }: Peer): void {
    if (this.#closed || this.#timer !== undefined || this.of(record)?.policy.expiresAtMs === undefined) return
    this.#timer = this.#options.server.clock.setTimeout(() => this.#look(), lookMs)
  }

  #make(record: TokenRecord, policy: Policy): TokenUse {
    const { server } = this.#options
    const holder = policyHolderOf(record)
    const shared = holder === record ? undefined : this.of(holder)
    const use = new TokenUse({ record, policy, server, rareLog: this.#rareLog, quotas: this.quotas, shared })
    const loads = shared === undefined ? this.#elsewhere.get(tokenKey(record.token)) : undefined
    if (loads !== undefined) use.setElsewhere(loads)
    return use
  }

  /** Whether a token has a policy with limits of its own that all nodes share. */
  #isLimited(record: TokenRecord): boolean {
    if (policyHolderOf(record) !== record) return false
    const { maxLinks, maxChannels, rate, quota } = record.policy ?? this.#options.server.policy ?? {}
    return [maxLinks, maxChannels, rate, quota?.slowRate].some((limit) => limit !== undefined)
  }

  #look(): void {
    this.#timer = undefined
    const nowMs = Date.now()
    for (const peer of this.#options.peers()) {
      const use = this.of(peer.record)
      if (use?.policy.hasExpired(nowMs) === true) peer.session.close(use.policy.timeFault(nowMs) ?? '')
      else this.#watch(peer)
    }
  }
}

/** Time between two checks of the wall clock, in milliseconds: that clock may jump, so no timer waits for a date. */
const lookMs = 1000
