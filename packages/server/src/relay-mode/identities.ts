import type { Clock, TimerHandle } from '@ls/foundation'
import { addressGroup } from '@ls/mux'
import { Crowded } from '../tokens/tenants.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import type { Account } from './account.js'
import type { ResolvedRelayOptions } from './relay-options.js'

export interface IdentitiesOptions {
  readonly clock: Clock
  readonly limits: Pick<ResolvedRelayOptions, 'keepMs' | 'lifetimeMs' | 'maxIdentities' | 'maxAddressIdentities'>
  /** Whether it has codes that somebody may wait for. */
  hasCodes(record: ReverseToken): boolean
  /** Removes the token, its connectors, and disconnects all of them. */
  remove(record: ReverseToken, reason: string): void
}

/** A provider that came without a token. */
export interface Identity {
  readonly record: ReverseToken
  /** What it has taken, with its connectors. */
  readonly account: Account
  /** The address that made it. */
  readonly home: Account
}

interface Entry extends Identity {
  /** Sessions of its providers. */
  providers: number
  /** Removes it if no provider comes. */
  keepTimer: TimerHandle
  lifeTimer: TimerHandle
}

/** The identities of a relay: limited in number, in all and by address, and in time. */
export class Identities {
  readonly #options: IdentitiesOptions
  /** The oldest first. */
  readonly #entries = new Map<ReverseToken, Entry>()
  /** By process and place, see {@link keyOf}. */
  readonly #byInstance = new Map<string, ReverseToken>()

  constructor(options: IdentitiesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  of(record: ReverseToken): Identity | undefined {
    return this.#entries.get(record)
  }

  /**
   * That of a process which has come before from there: one with several links, or one that does not keep its token.
   * Its id is in URLs, so logs may show it: the same id from another place may be another process.
   */
  ofInstance(instance: string | undefined, address: string): ReverseToken | undefined {
    return this.#byInstance.get(keyOf({ instance, address }) ?? '')
  }

  /**
   * Makes room for one more, of an address: the oldest one gives way that has neither a provider nor codes.
   *
   * @throws Crowded if there is none
   */
  assertRoom(home: Account): void {
    const { maxIdentities, maxAddressIdentities } = this.#options.limits
    if (home.identities >= maxAddressIdentities && !this.#evict((entry) => entry.home === home))
      throw new Crowded(`the limit of ${maxAddressIdentities} providers of one address is reached`)
    if (this.#entries.size >= maxIdentities && !this.#evict(() => true))
      throw new Crowded(`the limit of ${maxIdentities} providers of this relay is reached`)
  }

  /** @param livedMs How old it is, in milliseconds. */
  add(identity: Identity, livedMs = 0): void {
    const { clock, limits } = this.#options
    const { record, home } = identity
    const remove = (reason: string) => () => this.#options.remove(record, reason)
    const { lifetimeMs } = limits
    // Made in the future, by a clock that was wrong: a longer time than all of its life would be too long for a timer.
    const leftMs = Math.min(lifetimeMs, Math.max(0, lifetimeMs - livedMs))
    const lifeTimer = lifetimeMs === 0 ? undefined : clock.setTimeout(remove(lifeIsOver), leftMs)
    const entry: Entry = { ...identity, providers: 0, keepTimer: undefined, lifeTimer }
    this.#entries.set(record, entry)
    const key = keyOf(record.identity)
    if (key !== undefined) this.#byInstance.set(key, record)
    home.identities++
    this.#await(entry)
  }

  /** A provider has a session. */
  joined(record: ReverseToken): void {
    const entry = this.#entries.get(record)
    if (entry === undefined) return
    entry.providers++
    this.#options.clock.clearTimeout(entry.keepTimer)
  }

  /** The session of a provider is over. */
  left(record: ReverseToken): void {
    const entry = this.#entries.get(record)
    if (entry !== undefined && --entry.providers === 0) this.#await(entry)
  }

  /** Its token is gone. */
  forget(record: ReverseToken): void {
    const entry = this.#entries.get(record)
    if (entry === undefined) return
    this.#entries.delete(record)
    this.#byInstance.delete(keyOf(record.identity) ?? '')
    entry.home.identities--
    this.#options.clock.clearTimeout(entry.keepTimer)
    this.#options.clock.clearTimeout(entry.lifeTimer)
  }

  close(): void {
    for (const record of this.#entries.keys()) this.forget(record)
  }

  #await(entry: Entry): void {
    const { clock, limits, remove } = this.#options
    entry.keepTimer = clock.setTimeout(() => remove(entry.record, 'its provider did not come back'), limits.keepMs)
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

/** Undefined for a process that gave no id. */
function keyOf(origin: Origin | undefined): string | undefined {
  return origin?.instance === undefined ? undefined : `${addressGroup(origin.address)} ${origin.instance}`
}

const lifeIsOver = 'a provider without a token may stay no longer at this relay; it may come again'
