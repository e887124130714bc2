import type { Clock, TimerHandle } from '@ls/foundation'
import { addressGroup } from '@ls/mux'
import { RetryLater } from '../tokens/tenants.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import type { Account } from './account.js'
import type { ResolvedRelayOptions } from './relay-options.js'

export interface IdentitiesOptions {
  readonly clock: Clock
  readonly limits: Pick<ResolvedRelayOptions, 'keepMs' | 'lifetimeMs' | 'maxIdentities' | 'maxAddressIdentities'>
  /** Whether it has codes that connectors may wait for. */
  hasCodes(record: ReverseToken): boolean
  /** Removes the token and its connectors, and disconnects all of them. */
  remove(record: ReverseToken, reason: string): void
}

/** A provider that came without a token. */
export interface TokenlessProvider {
  readonly record: ReverseToken
  /** Account of the identity with its connectors. */
  readonly account: Account
  /** Account of the address that created it. */
  readonly home: Account
}

interface Entry extends TokenlessProvider {
  /** Number of sessions of its providers. */
  providers: number
  /** Timer that removes it if no provider connects. */
  keepTimer: TimerHandle
  lifeTimer: TimerHandle
}

/** Identities of a relay. Their number is limited in all and by address, and so is their lifetime. */
export class Identities {
  readonly #options: IdentitiesOptions
  /** Entries, the oldest first. */
  readonly #entries = new Map<ReverseToken, Entry>()
  /** Identities by process and address, see {@link keyOf}. */
  readonly #byInstance = new Map<string, ReverseToken>()

  constructor(options: IdentitiesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  of(record: ReverseToken): TokenlessProvider | undefined {
    return this.#entries.get(record)
  }

  /**
   * Identity of a process that has connected from this address before: it has several links, or does not keep its
   * token. Its id is in URLs, so logs may show it: the same id from another address may be another process.
   */
  ofInstance(instance: string | undefined, address: string): ReverseToken | undefined {
    return this.#byInstance.get(keyOf({ instance, address }) ?? '')
  }

  /**
   * Makes room for one more identity of an address, by removing the oldest one that has neither a provider nor codes.
   *
   * @throws RetryLater if there is none
   */
  assertRoom(home: Account): void {
    const { maxIdentities, maxAddressIdentities } = this.#options.limits
    for (const account of home.chain) {
      const limit = maxAddressIdentities * account.scale
      if (account.identities >= limit && !this.#evict((entry) => entry.home.chain.includes(account)))
        throw new RetryLater(`the limit of ${limit} providers of one ${account.owner} is reached`)
    }
    if (this.#entries.size >= maxIdentities && !this.#evict(() => true))
      throw new RetryLater(`the limit of ${maxIdentities} providers of this relay is reached`)
  }

  /**
   * Adds an identity.
   *
   * @param livedMs Its age, in milliseconds.
   */
  add(identity: TokenlessProvider, livedMs = 0): void {
    const { clock, limits } = this.#options
    const { record, home } = identity
    const remove = (reason: string) => () => this.#options.remove(record, reason)
    const { lifetimeMs } = limits
    // An identity from the future was created by a wrong clock. The time left must not exceed a lifetime, which a timer
    // can hold.
    const leftMs = Math.min(lifetimeMs, Math.max(0, lifetimeMs - livedMs))
    const lifeTimer = lifetimeMs === 0 ? undefined : clock.setTimeout(remove(lifeIsOver), leftMs)
    const entry: Entry = { ...identity, providers: 0, keepTimer: undefined, lifeTimer }
    this.#entries.set(record, entry)
    const key = keyOf(record.identity)
    if (key !== undefined) this.#byInstance.set(key, record)
    for (const account of home.chain) account.identities++
    this.#await(entry)
  }

  /** Counts a session of a provider. */
  joined(record: ReverseToken): void {
    const entry = this.#entries.get(record)
    if (entry === undefined) return
    entry.providers++
    this.#options.clock.clearTimeout(entry.keepTimer)
  }

  /** Handles the end of a provider's session. */
  left(record: ReverseToken): void {
    const entry = this.#entries.get(record)
    if (entry !== undefined && --entry.providers === 0) this.#await(entry)
  }

  /** Removes the identity of a removed token. */
  forget(record: ReverseToken): void {
    const entry = this.#entries.get(record)
    if (entry === undefined) return
    this.#entries.delete(record)
    this.#byInstance.delete(keyOf(record.identity) ?? '')
    for (const account of entry.home.chain) account.identities--
    this.#options.clock.clearTimeout(entry.keepTimer)
    this.#options.clock.clearTimeout(entry.lifeTimer)
  }

  close(): void {
    for (const record of this.#entries.keys()) this.forget(record)
  }

  #await(entry: Entry): void {
    const { clock, limits, remove } = this.#options
    entry.keepTimer = clock.setTimeout(() => remove(entry.record, 'its provider did not reconnect'), limits.keepMs)
  }

  #evict(isMeant: (entry: Entry) => boolean): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.providers > 0 || !isMeant(entry) || this.#options.hasCodes(entry.record)) continue
      this.#options.remove(entry.record, 'a newer provider needed its place')
      return true
    }
    return false
  }
}

interface Origin {
  readonly instance?: string | undefined
  readonly address: string
}

/** Key of a process; undefined for one that sent no id. */
function keyOf(origin: Origin | undefined): string | undefined {
  return origin?.instance === undefined ? undefined : `${addressGroup(origin.address)} ${origin.instance}`
}

const lifeIsOver = 'the time of this provider at the relay is over; it can register again'
