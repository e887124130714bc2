import { encode, MessageType } from '@ls/codec'
import { addressGroup, type MessageTransport } from '@ls/mux'
import { ServerError } from '../errors.js'
import type { AuthThrottle } from '../links/auth-throttle.js'
import type { SharedCodes } from '../links/connector-messages.js'
import { anonymousHash, Refusal } from '../links/handshake.js'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { Policy } from '../policy/policy.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { StoredReverseToken } from '../state/state-content.js'
import { tenantOf } from '../tokens/tenant.js'
import { RetryLater } from '../tokens/tenants.js'
import {
  type ConnectorToken,
  makeToken,
  type ReverseToken,
  type TokenRecord,
  type TokenRegistry,
} from '../tokens/token-registry.js'
import { Account } from './account.js'
import { AddressAccounts } from './address-accounts.js'
import { Codes } from './codes.js'
import { DailyBytesSaver } from './daily-bytes-saver.js'
import { type RelayHealth, relayHealth } from './health.js'
import { Identities, type TokenlessProvider } from './identities.js'
import { MeteredTransport } from './metered-transport.js'
import type { ResolvedRelayOptions } from './relay-options.js'
import { welcomeLines } from './welcome.js'

export interface RelayDependencies {
  readonly options: ResolvedServerOptions
  readonly tokens: TokenRegistry
  readonly groups: ReverseGroups
  readonly throttle: AuthThrottle
  /** Removes a token with its connector tokens, and disconnects their users. */
  remove(record: ReverseToken, reason: string): void
}

/** A client without a token. */
export interface AnonymousClient {
  readonly reverse: boolean
  /** Id of the process, as hex; undefined where the client sent none. */
  readonly instance: string | undefined
  readonly remoteAddress: string
}

/** Relay mode of a server: identities of providers without a token, and their limits (decision 0067). */
export class Relay {
  /** Callbacks for the providers' messages about codes. */
  readonly sharedCodes: SharedCodes
  readonly #dependencies: RelayDependencies
  readonly #limits: ResolvedRelayOptions
  readonly #identities: Identities
  readonly #addresses: AddressAccounts
  /** Account of the address from which each session began. */
  readonly #homes = new WeakMap<Peer, Account>()
  readonly #policy: Policy
  readonly #days: DailyBytesSaver

  private constructor(dependencies: RelayDependencies, limits: ResolvedRelayOptions) {
    const { options, tokens, groups, throttle, remove } = dependencies
    const { clock, policy, state, logger } = options
    this.#dependencies = dependencies
    this.#limits = limits
    // The operator's limits for tokens in general apply to identities as well.
    const { maxLinks = limits.maxLinks, maxChannels = limits.maxChannels } = policy?.options ?? {}
    this.#policy = Policy.of({
      ...policy?.options,
      maxLinks: Math.min(maxLinks, limits.maxLinks),
      maxChannels: Math.min(maxChannels, limits.maxChannels),
    })
    this.#days = new DailyBytesSaver({ clock, logger, save: async () => state?.saveUsed() })
    this.#identities = new Identities({
      clock,
      limits,
      remove,
      hasCodes: (record) => tokens.connectorsOf(record).size > 0,
    })
    this.#addresses = new AddressAccounts({
      clock,
      bytesPerSecond: limits.addressBytesPerSecond,
      dailyBytes: limits.addressDailyBytes,
      maxChannels: limits.maxAddressChannels,
    })
    this.sharedCodes = {
      codes: new Codes({ clock, tokens, throttle, limits, accountsOf: (peer) => this.#accountsOf(peer) }),
      join: (reverse, instance, owner) => groups.of(reverse)?.join(instance, owner),
      mayTake: (known, reverse) => this.#mayTake(known, reverse),
      leave: (reverse, instance, owner) => groups.of(reverse)?.leave(instance, owner),
    }
  }

  /** Creates the relay; undefined where the server is none. */
  static of(dependencies: RelayDependencies): Relay | undefined {
    const { relay } = dependencies.options
    return relay === undefined ? undefined : new Relay(dependencies, relay)
  }

  /** Whether a token that is not registered admits its client. */
  admits(tokenHash: string): boolean {
    return tokenHash === anonymousHash
  }

  /**
   * Finds or creates the identity of a client without a token.
   *
   * @throws Refusal for one that is no provider; RetryLater at a limit
   */
  identify({ reverse, instance, remoteAddress }: AnonymousClient): ReverseToken {
    // The text is that of the deployed relay.
    if (!reverse) throw new Refusal('Anonymous token is only allowed for providers')
    const known = this.#identities.ofInstance(instance, remoteAddress)
    if (known !== undefined) return known
    const home = this.#addresses.of(remoteAddress)
    this.#identities.assertRoom(home)
    const identity = { madeAtMs: Date.now(), address: remoteAddress, instance }
    return this.#register(makeToken(), identity, home)
  }

  /** Restores an identity of the state file with the rest of its lifetime; undefined where that is over. */
  restore({ token, identity }: StoredReverseToken): ReverseToken | undefined {
    const { lifetimeMs } = this.#limits
    if (identity === undefined || (lifetimeMs > 0 && Date.now() - identity.madeAtMs >= lifetimeMs)) return undefined
    return this.#register(token, identity, this.#addresses.of(identity.address))
  }

  /** Whether a token belongs to an identity. */
  owns(record: TokenRecord): boolean {
    return this.#identityOf(record) !== undefined
  }

  /** Whether users of this token may open direct paths: where the operator has no rules of their own. */
  mayBypass(record: TokenRecord): boolean {
    return this.#dependencies.options.policy === undefined && this.owns(record)
  }

  /** Checks the bytes that were moved today. @throws RetryLater where they are too many */
  permit(record: TokenRecord, remoteAddress: string): void {
    const identity = this.#identityOf(record)
    if (identity === undefined) return
    const accounts = [identity.account, ...this.#addresses.of(remoteAddress).chain]
    const fault = accounts.map(({ dayFault }) => dayFault).find((each) => each !== undefined)
    if (fault !== undefined) throw new RetryLater(fault)
  }

  /** Checks that an address may have one more link. @throws RetryLater */
  assertRoom(record: TokenRecord, remoteAddress: string): void {
    if (!this.owns(record)) return
    for (const { links, scale, owner } of this.#addresses.of(remoteAddress).chain) {
      const limit = this.#limits.maxAddressLinks * scale
      if (links >= limit) throw new RetryLater(`the limit of ${limit} links of one ${owner} is reached`)
    }
  }

  /** Wraps the transport of a link, to charge incoming bytes. */
  meter(record: TokenRecord, remoteAddress: string, transport: MessageTransport): MessageTransport {
    const identity = this.#identityOf(record)
    if (identity === undefined) return transport
    const accounts = [identity.account, ...this.#addresses.of(remoteAddress).chain]
    const { clock } = this.#dependencies.options
    return new MeteredTransport(transport, {
      clock,
      accounts,
      onUsedUp: (reason) => transport.close({ code: 1013, reason }),
    })
  }

  /** Handles a client that has a session. */
  joined(peer: Peer): void {
    const { record, session, remoteAddress } = peer
    if (!this.owns(record)) return
    const home = this.#addresses.of(remoteAddress)
    for (const account of home.chain) account.links++
    this.#homes.set(peer, home)
    if (record.kind === 'reverse') this.#identities.joined(record)
    for (const text of welcomeLines(peer, this.#dependencies.groups, this.#limits.notice))
      session.send(encode({ type: MessageType.Log, level: 'info', text }))
  }

  /** Handles the end of a session. */
  left(peer: Peer): void {
    const home = this.#homes.get(peer)
    if (home === undefined) return
    this.#homes.delete(peer)
    for (const account of home.chain) account.links--
    if (peer.record.kind === 'reverse') this.#identities.left(peer.record)
  }

  /** Takes a slot of the connector's address for a channel; the returned function releases it. @throws RelayError */
  takeChannel(peer: Peer): () => void {
    return this.#homes.get(peer)?.slots.take() ?? nothing
  }

  /** Handles the removal of a token. */
  forget(record: ReverseToken): void {
    this.#identities.forget(record)
  }

  /** State of the relay as strangers may see it. */
  health(isOpen: boolean, links: number): RelayHealth {
    const { maxIdentities } = this.#limits
    const limits = {
      links: { used: links, limit: this.#dependencies.options.maxLinks },
      providers: { used: this.#identities.size, limit: maxIdentities },
    }
    return relayHealth({ limits, isOpen, nowMs: Date.now() })
  }

  /** Ends all identities; resolves when the bytes of their days are saved. */
  async close(): Promise<void> {
    await this.#days.close()
    this.#identities.close()
  }

  #register(token: string, identity: NonNullable<ReverseToken['identity']>, home: Account): ReverseToken {
    const { options, tokens, groups } = this.#dependencies
    const { maxChannels, bytesPerSecond, dailyBytes } = this.#limits
    const onCharged = options.state === undefined ? undefined : () => this.#days.charged()
    const account = new Account({
      clock: options.clock,
      owner: 'provider',
      maxChannels,
      bytesPerSecond,
      dailyBytes,
      onCharged,
    })
    if (identity.day !== undefined) account.continueDay(identity.day)
    const record: ReverseToken = {
      kind: 'reverse',
      token,
      port: -1,
      host: options.socksHost,
      username: undefined,
      password: undefined,
      allowManageConnector: true,
      ports: '',
      policy: this.#policy,
      identity: {
        ...identity,
        // The state file has the bytes that were moved by then.
        get day() {
          return account.day
        },
      },
    }
    tokens.assertFree(token)
    groups.add(record, { socksNowait: false })
    tokens.add(record)
    this.#identities.add({ record, account, home }, Date.now() - identity.madeAtMs)
    return record
  }

  /**
   * Whether a provider may take over a code. One that keeps no token has another identity after a restart: it gets its
   * code back if it comes from the same address and the present owner of the code is not connected.
   */
  #mayTake({ reverse: holder }: ConnectorToken, reverse: ReverseToken): boolean {
    if (holder === reverse || holder.identity === undefined || reverse.identity === undefined) return false
    if (this.#dependencies.groups.of(holder)?.sizes.providers !== 0) return false
    return addressGroup(holder.identity.address) === addressGroup(reverse.identity.address)
  }

  #identityOf(record: TokenRecord): TokenlessProvider | undefined {
    const holder = tenantOf(record)
    return holder.kind === 'reverse' ? this.#identities.of(holder) : undefined
  }

  #accountsOf(peer: Peer): readonly Account[] {
    const identity = this.#identityOf(peer.record)
    return identity === undefined ? [] : [identity.account, ...this.#addresses.of(peer.remoteAddress).chain]
  }
}

/** Restores an identity of the state file. @throws ServerError where the server is no relay */
export function restoredIdentity(relay: Relay | undefined, stored: StoredReverseToken): ReverseToken | undefined {
  if (relay !== undefined) return relay.restore(stored)
  throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'it belongs to relay mode, which is off')
}

const nothing = (): void => {}
