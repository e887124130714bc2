import { ClusterError } from '../errors.js'
import { type BrokerPort, type FromBroker, isOfBroker, type ToBroker } from './broker-messages.js'
import type { ClusterStore, StoreWatcher, Table } from './cluster-store.js'

/** Parts of a request that differ from one to the next. */
type Request = ToBroker extends infer Message ? (Message extends ToBroker ? Omit<Message, 'id'> : never) : never

interface Waiting {
  resolve(revision: number | undefined): void
  reject(error: Error): void
}

/** Store of a node whose parent process runs a `Broker`. */
export class BrokerStore implements ClusterStore {
  readonly #port: BrokerPort
  /** Requests without an answer: few, since the broker answers each in one turn of its event loop. */
  readonly #waiting = new Map<number, Waiting>()
  #watcher: StoreWatcher | undefined
  #lastId = 0

  constructor(port: BrokerPort) {
    this.#port = port
    port.onMessage((message) => {
      if (isOfBroker(message)) this.#receive(message as FromBroker)
    })
  }

  async open(watcher: StoreWatcher): Promise<void> {
    this.#watcher = watcher
    await this.#ask({ store: 'open' })
  }

  async put(table: Table, key: string, value: string): Promise<void> {
    await this.#ask({ store: 'put', table, key, value })
  }

  replace(table: Table, key: string, value: string, revision: number): Promise<number | undefined> {
    return this.#ask({ store: 'put', table, key, value, revision })
  }

  async delete(table: Table, key: string, revision?: number): Promise<void> {
    await this.#ask({ store: 'delete', table, key, revision })
  }

  async close(): Promise<void> {
    this.#watcher = undefined
    await this.#ask({ store: 'close' })
  }

  #ask(request: Request): Promise<number | undefined> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#port.send({ ...request, id })
    })
  }

  #receive(message: FromBroker): void {
    if (message.store === 'done') this.#settle(message)
    else if (message.store === 'entry') this.#watcher?.entry(message.table, message.key, message.entry)
    else if (message.store === 'synced') this.#watcher?.synced()
    else this.#watcher?.lost()
  }

  #settle({ id, revision, error }: Extract<FromBroker, { store: 'done' }>): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(revision)
    else waiting?.reject(new ClusterError('ERR_CLUSTER_STORE', error))
  }
}
