import { type Logger, RareLog, textOf, type TimerHandle } from '@ls/foundation'
import type { Channel, ForwardedChannel, Session } from '@ls/mux'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUse } from '../policy/token-use.js'
import type { Connection } from '../reverse/channel-forwarder.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import { quotaFault } from './quota.js'

export interface QuotaMeterOptions {
  readonly server: Pick<ResolvedServerOptions, 'clock' | 'logger' | 'state'>
  /** All clients. */
  readonly peers: () => Iterable<Peer>
  /** Channels from connectors to providers. */
  readonly forwarded: () => Iterable<Connection>
  /** Use of a token; undefined for a token without a policy. */
  readonly useOf: (record: TokenRecord) => TokenUse | undefined
}

/**
 * Counts the bytes of tokens with a quota: once a second, from totals that channels have anyway, so a message costs
 * nothing extra.
 */
export class QuotaMeter {
  readonly #options: QuotaMeterOptions
  readonly #logger: Logger
  readonly #rareLog: RareLog
  /** Bytes of open channels that are counted already. */
  readonly #seen = new WeakMap<Counted, number>()
  #timer: TimerHandle
  #unsaved = false
  #saving: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: QuotaMeterOptions) {
    const { clock, logger } = options.server
    this.#options = options
    this.#logger = logger
    this.#rareLog = new RareLog(clock, logger)
  }

  /** Handles a client that has a session: starts to watch it, if its token has a quota. */
  joined({ record }: Pick<Peer, 'record'>): void {
    if (this.#closed || this.#timer !== undefined || this.#options.useOf(record)?.quota === undefined) return
    this.#timer = this.#options.server.clock.setTimeout(() => this.#look(), lookMs)
  }

  /** Starts new quotas, without the bytes that open channels have moved before. */
  began(records: ReadonlySet<TokenRecord>): void {
    const uses = this.#uses((record) => records.has(record))
    for (const [channel] of this.#openChannels(uses)) this.#seen.set(channel, movedBy(channel))
  }

  /** Counts the last bytes of a channel that has ended. */
  ended(record: TokenRecord | undefined, channel: Counted): void {
    const use = record === undefined ? undefined : this.#options.useOf(record)
    if (use?.quota !== undefined) this.#count(use, channel, Date.now())
  }

  /** Counts for the last time; resolves when the counts are on the disk. */
  async close(): Promise<void> {
    this.#closed = true
    this.#options.server.clock.clearTimeout(this.#timer)
    this.#countAll()
    this.#save()
    await this.#saving
  }

  #look(): void {
    this.#timer = undefined
    this.#countAll()
    this.#save()
    for (const peer of this.#options.peers()) this.joined(peer)
  }

  #countAll(): void {
    const nowMs = Date.now()
    const uses = this.#uses()
    for (const [channel, use] of this.#openChannels(uses)) this.#count(use, channel, nowMs)
    for (const use of new Set(uses.values())) this.#enforce(use, uses, nowMs)
  }

  #enforce(use: TokenUse, uses: ReadonlyMap<Session, TokenUse>, nowMs: number): void {
    use.keepRates(nowMs)
    const exceeded = use.quota?.exceeded(nowMs)
    if (exceeded === undefined || use.quota?.limits.atEnd !== 'end') return
    const own = [...this.#openChannels(uses)].filter(([, each]) => each === use)
    for (const [channel] of own) channel.abort(`forbidden: ${quotaFault(exceeded)}`)
  }

  /** Tokens with a quota whose clients are connected here. */
  #uses(isMeant = (_record: TokenRecord): boolean => true): Map<Session, TokenUse> {
    const uses = new Map<Session, TokenUse>()
    for (const { session, record } of this.#options.peers()) {
      const use = isMeant(record) ? this.#options.useOf(record) : undefined
      if (use?.quota !== undefined) uses.set(session, use)
    }
    return uses
  }

  *#openChannels(uses: ReadonlyMap<Session, TokenUse>): Generator<readonly [Counted, TokenUse]> {
    for (const [session, use] of uses) for (const channel of session.channels()) yield [channel, use]
    if (uses.size === 0) return
    for (const { channel, from } of this.#options.forwarded()) {
      const use = uses.get(from)
      if (use !== undefined) yield [channel, use]
    }
  }

  #count(use: TokenUse, channel: Counted, nowMs: number): void {
    const bytes = movedBy(channel)
    const fresh = bytes - (this.#seen.get(channel) ?? 0)
    if (fresh === 0) return
    this.#seen.set(channel, bytes)
    use.quota?.add(fresh, nowMs)
    this.#unsaved = true
  }

  #save(): void {
    if (!this.#unsaved) return
    this.#unsaved = false
    this.#saving = this.#write()
  }

  async #write(): Promise<void> {
    try {
      await this.#options.server.state?.saveUsed()
    } catch (error) {
      this.#unsaved = true
      this.#rareLog.warn('the used bytes of quotas were not saved', textOf(error))
    }
  }
}

type Counted = Channel | ForwardedChannel

function movedBy({ sentBytes, receivedBytes }: Counted): number {
  return sentBytes + receivedBytes
}

/** Interval of counting, in milliseconds: traffic may exceed the quota for that long. */
const lookMs = 1000
