import { textOf } from '@ls/foundation'
import { type BrokerPort, type FromBroker, isOfBroker, type ToBroker } from './broker-messages.js'
import type { ClusterStore, StoreWatcher } from './cluster-store.js'
import { MemoryHub } from './memory-hub.js'

/**
 * Store for nodes that are processes of one machine: keeps the data in this process, their parent. The nodes use a
 * `BrokerStore`. It does the same as NATS for nodes of several machines.
 */
export class Broker {
  readonly #hub: Pick<MemoryHub, 'store'>

  /** @param hub Keeps the data. @default a new one */
  constructor(hub: Pick<MemoryHub, 'store'> = new MemoryHub()) {
    this.#hub = hub
  }

  /**
   * Serves a process. Returns a function to call when the process has ended. It removes the data that the process wrote
   * about itself, so that other nodes need not wait until it counts as silent.
   */
  serve(port: BrokerPort): () => void {
    const client = new BrokerClient(this.#hub.store(), port)
    port.onMessage((message) => {
      if (isOfBroker(message)) void client.receive(message as ToBroker)
    })
    return () => client.ended()
  }
}

/**
 * Starts of keys that stay when the process that wrote them last ends: counts for quotas, since those bytes were moved,
 * tickets and who uses them, and host names of several processes.
 */
const lasting = ['used.', 'claim.', 'ticket.', 'name.'] as const

/** One process that the broker serves. */
class BrokerClient implements StoreWatcher {
  readonly #store: ClusterStore
  readonly #port: BrokerPort
  /** Keys of `live` that the process has written. */
  readonly #live = new Set<string>()

  constructor(store: ClusterStore, port: BrokerPort) {
    this.#store = store
    this.#port = port
  }

  async receive(message: ToBroker): Promise<void> {
    const { id } = message
    try {
      this.#send({ store: 'done', id, revision: await this.#perform(message) })
    } catch (error) {
      this.#send({ store: 'done', id, error: textOf(error) })
    }
  }

  entry(...[table, key, entry]: Parameters<StoreWatcher['entry']>): void {
    this.#send({ store: 'entry', table, key, entry })
  }

  synced(): void {
    this.#send({ store: 'synced' })
  }

  lost(): void {
    this.#send({ store: 'lost' })
  }

  ended(): void {
    void this.#store.close()
    const ended = [...this.#live].filter((key) => !lasting.some((start) => key.startsWith(start)))
    for (const key of ended) this.#store.delete('live', key).catch(() => {})
  }

  async #perform(message: ToBroker): Promise<number | undefined> {
    if (message.store === 'open') await this.#store.open(this)
    else if (message.store === 'close') await this.#store.close()
    else if (message.store === 'delete') await this.#store.delete(message.table, message.key, message.revision)
    else return this.#put(message)
    return undefined
  }

  async #put({ table, key, value, revision }: Extract<ToBroker, { store: 'put' }>): Promise<number | undefined> {
    if (table === 'live') this.#live.add(key)
    if (revision !== undefined) return this.#store.replace(table, key, value, revision)
    await this.#store.put(table, key, value)
    return undefined
  }

  #send(message: FromBroker): void {
    this.#port.send(message)
  }
}
