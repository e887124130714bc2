import { type Logger, loggerOfPart, textOf } from '@ls/foundation'
import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv'
import { connect, type NatsConnection, type QueuedIterator } from '@nats-io/transport-node'
import { ClusterError } from '../errors.js'
import type { ClusterStore, StoreWatcher, Table } from './cluster-store.js'
import { isNoStream, isNotFound, isRefusal, isWrongRevision } from './nats-errors.js'
import { loginFrom } from './nats-login.js'

/** Options of a {@link NatsStore}. */
export interface NatsStoreOptions {
  /** Servers, `nats://host:port`, `tls://host:port`; one that answers is enough. */
  readonly servers: readonly string[]
  /** Name of the cluster: several can share a NATS. Letters, digits, `-` and `_`. @default 'linksocks' */
  readonly name?: string | undefined
  /** Path of a credentials file of NATS, which is read at each connection. @default none */
  readonly credentialsFile?: string | undefined
  /** Copies of each bucket, on as many NATS servers: 1, 3 or 5. @default 1 */
  readonly replicas?: number | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
}

/** Lifetime of an entry of a node or its peers that is not written again, in milliseconds. */
const liveTtlMs = 600_000

/** Timeout for a connection to one server, in milliseconds: another one may answer. */
const connectTimeoutMs = 5000

/** Time between two attempts to reach NATS, in milliseconds. */
const reconnectMs = 500

/**
 * Time for a change of this node to come back by the watch, in milliseconds. Some round trips are enough; the library
 * itself notices a watch that has ended with its NATS server after 10 s or more.
 */
const deliveryMs = 2000

/** Time without a further one of the existing entries after which reading them has failed, in milliseconds. */
const readMs = 10_000

/**
 * Period of the look at whether NATS still has the buckets that are watched, in milliseconds. Nothing else shows the
 * loss of the tokens before one of them changes.
 */
const bucketCheckMs = 5000

/** Store in two key-value buckets of NATS JetStream. The revision of a bucket is used for compare-and-set. */
export class NatsStore implements ClusterStore {
  readonly #options: NatsStoreOptions
  readonly #logger: Logger
  #connection: NatsConnection | undefined
  #watcher: StoreWatcher | undefined
  #buckets: Readonly<Record<Table, KV>> | undefined
  #watches: QueuedIterator<KvWatchEntry>[] = []
  /** Time at which each watched bucket was created, as NATS tells it. */
  readonly #created = new Map<Table, string>()
  #checkTimer: NodeJS.Timeout | undefined
  /** Number of connections: updates of an earlier connection are ignored. */
  #epoch = 0
  /** A change of `live` that NATS has confirmed, and that has not come back by the watch. */
  #awaited: { readonly revision: number; readonly sinceMs: number } | undefined
  #isResuming = false
  /** Newest revision of `live` that the watch has delivered. */
  #deliveredRevision = 0

  constructor(options: NatsStoreOptions) {
    this.#options = options
    this.#logger = loggerOfPart(options.logger, 'cluster')
  }

  async open(watcher: StoreWatcher): Promise<void> {
    const { servers, credentialsFile: file } = this.#options
    this.#watcher = watcher
    try {
      this.#connection = await connect({
        servers: [...servers],
        name: 'linksocks',
        timeout: connectTimeoutMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: reconnectMs,
        // A server that hangs is detected within about 10 s.
        pingInterval: 5000,
        maxPingOut: 2,
        // NATS may refuse a login for a while. Without this, the library gives up after the second refusal.
        ignoreAuthErrorAbort: true,
        ...(file === undefined ? {} : { authenticator: loginFrom(file) }),
      })
      if (this.#watcher !== watcher) throw new Error('the store was closed meanwhile')
      await this.#watchAll(this.#epoch)
    } catch (error) {
      await this.close()
      const text = `NATS at ${servers.map(withoutLogin).join(', ')} cannot be used: ${textOf(error)}`
      throw new ClusterError(isRefusal(error) ? 'ERR_CLUSTER_STORE_REFUSED' : 'ERR_CLUSTER_STORE', text, {
        cause: error,
      })
    }
    void this.#follow(this.#connection)
  }

  /** Writes an entry and replaces any existing one. */
  async put(table: Table, key: string, value: string): Promise<void> {
    const [epoch, before] = [this.#epoch, this.#deliveredRevision]
    const revision = await this.#change(table, (bucket) => bucket.put(key, value))
    if (table !== 'live' || epoch !== this.#epoch) return
    if (revision > before) this.#awaitDelivery(revision)
    else this.#readAnew('NATS has lost its data: it counts revisions from the beginning')
  }

  async replace(table: Table, key: string, value: string, revision: number): Promise<number | undefined> {
    try {
      return await this.#change(table, (bucket) =>
        revision === 0 ? bucket.create(key, value) : bucket.update(key, value, revision),
      )
    } catch (error) {
      if (isWrongRevision(error)) return undefined
      throw error
    }
  }

  /** Removes an entry, if it exists, and has that revision where one is given. */
  async delete(table: Table, key: string, revision?: number): Promise<void> {
    try {
      const options = revision === undefined ? {} : { previousSeq: revision }
      await this.#change(table, (bucket) => bucket.delete(key, options))
    } catch (error) {
      if (!isWrongRevision(error)) throw error
    }
  }

  /** Ends the watch and the connection. */
  async close(): Promise<void> {
    this.#watcher = undefined
    this.#buckets = undefined
    this.#epoch++
    clearTimeout(this.#checkTimer)
    this.#stopWatches()
    await this.#connection?.close().catch(() => {})
  }

  /** Changes a bucket. Where NATS does not have it any more, it is created again. */
  async #change<T>(table: Table, change: (bucket: KV) => Promise<T>): Promise<T> {
    if (this.#buckets === undefined) throw new ClusterError('ERR_CLUSTER_STORE', 'NATS cannot be reached')
    const epoch = this.#epoch
    try {
      return await change(this.#buckets[table])
    } catch (error) {
      if (epoch === this.#epoch && isNoStream(error)) this.#readAnew('NATS has no leader for its data, or has lost it')
      throw error
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.#lost()
      else if (type === 'reconnect') void this.#resume(++this.#epoch)
    }
  }

  /** Watches anew when the watch delivers nothing: JetStream moves it silently when one of its servers ends. */
  #awaitDelivery(revision: number): void {
    if (revision <= this.#deliveredRevision || this.#isResuming) return
    const nowMs = performance.now()
    this.#awaited ??= { revision, sinceMs: nowMs }
    if (nowMs - this.#awaited.sinceMs < deliveryMs) return
    this.#logger.debug({}, 'NATS confirms changes, but its watch does not deliver them: watching anew')
    void this.#resume(++this.#epoch)
  }

  #lost(): void {
    if (this.#buckets === undefined) return
    this.#buckets = undefined
    this.#epoch++
    this.#stopWatches()
    this.#watcher?.lost()
  }

  /** Counts the store as lost, although its connection is open, and reads everything again. */
  #readAnew(reason: string): void {
    this.#logger.debug({ reason }, 'reading everything of NATS again')
    this.#lost()
    void this.#resume(this.#epoch)
  }

  /** Reads everything again. JetStream may need a moment longer than NATS itself. */
  async #resume(epoch: number): Promise<void> {
    this.#isResuming = true
    while (this.#watcher !== undefined && epoch === this.#epoch) {
      try {
        await this.#watchAll(epoch)
        this.#isResuming = false
        return
      } catch (error) {
        this.#logger.debug({ reason: textOf(error) }, 'JetStream is not ready')
        await new Promise((resolve) => setTimeout(resolve, reconnectMs))
      }
    }
  }

  async #watchAll(epoch: number): Promise<void> {
    if (this.#connection === undefined) return
    const { name = 'linksocks', replicas = 1 } = this.#options
    const manager = new Kvm(this.#connection)
    const shared = { history: 1, replicas }
    const live = await manager.create(`${name}_live`, { ...shared, ttl: liveTtlMs })
    const tokens = await manager.create(`${name}_tokens`, shared)
    if (epoch !== this.#epoch) return
    this.#stopWatches()
    // Changes may be requested as soon as entries are reported.
    this.#buckets = { live, tokens }
    // A store that has lost its data counts from 1 again.
    this.#deliveredRevision = 0
    this.#awaited = undefined
    // Tokens come first: presence refers to them.
    await this.#watch('tokens', tokens, epoch)
    if (epoch === this.#epoch) await this.#watch('live', live, epoch)
    if (epoch !== this.#epoch) return
    this.#checkLater(epoch)
    this.#watcher?.synced()
  }

  #checkLater(epoch: number): void {
    clearTimeout(this.#checkTimer)
    this.#checkTimer = setTimeout(() => void this.#check(epoch), bucketCheckMs)
  }

  /** Reads everything again where a bucket is gone, or another one has its name. */
  async #check(epoch: number): Promise<void> {
    const lost = await this.#hasLostBucket().catch((error: unknown) => {
      this.#logger.debug({ reason: textOf(error) }, 'NATS does not tell whether it still has the buckets')
      return false
    })
    if (epoch !== this.#epoch) return
    if (lost) this.#readAnew('NATS has lost a bucket')
    else this.#checkLater(epoch)
  }

  async #hasLostBucket(): Promise<boolean> {
    for (const [table, bucket] of Object.entries(this.#buckets ?? {}) as [Table, KV][]) {
      try {
        const { streamInfo } = await bucket.status()
        if (streamInfo.created !== this.#created.get(table)) return true
      } catch (error) {
        if (isNotFound(error)) return true
        throw error
      }
    }
    return false
  }

  /** Watches a bucket; resolves when all existing entries have been reported. */
  async #watch(table: Table, bucket: KV, epoch: number): Promise<void> {
    const { values, streamInfo } = await bucket.status()
    const watch = await bucket.watch()
    if (epoch !== this.#epoch) return watch.stop()
    this.#created.set(table, streamInfo.created)
    this.#watches.push(watch)
    await new Promise<void>((resolve, reject) => {
      const stalled = `NATS does not deliver what ${table} has within ${readMs / 1000} s`
      const timer = setTimeout(() => reject(new ClusterError('ERR_CLUSTER_STORE', stalled)), readMs)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      if (values === 0) done()
      const read = async (): Promise<void> => {
        for await (const entry of watch) {
          if (epoch === this.#epoch) this.#tell(table, entry)
          // The library reports the last of the existing entries as an update.
          if (entry.isUpdate) done()
          else timer.refresh()
        }
      }
      read()
        .catch((error: unknown) => this.#logger.debug({ reason: textOf(error) }, 'a watch of NATS ended'))
        .finally(done)
    })
  }

  #tell(table: Table, entry: KvWatchEntry): void {
    if (table === 'live') {
      this.#deliveredRevision = Math.max(this.#deliveredRevision, entry.revision)
      if (entry.revision >= (this.#awaited?.revision ?? 0)) this.#awaited = undefined
    }
    const isThere = entry.operation === 'PUT'
    this.#watcher?.entry(table, entry.key, isThere ? { value: entry.string(), revision: entry.revision } : undefined)
  }

  #stopWatches(): void {
    for (const watch of this.#watches) watch.stop()
    this.#watches = []
  }
}

/** The URL without user and password: errors and the status of readiness contain it. */
function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}
