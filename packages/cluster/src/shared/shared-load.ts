import { type Logger, textOf } from '@ls/foundation'
import type { NodeSeat, TokenLoad } from '@ls/server'
import type { ClusterStore } from '../store/cluster-store.js'

export interface SharedLoadOptions {
  readonly store: Pick<ClusterStore, 'put' | 'delete'>
  readonly ownId: string
  readonly logger: Logger
  /** The server of this node; undefined before it has joined. */
  seat(): Pick<NodeSeat, 'tokenLoads' | 'setLoadElsewhere'> | undefined
  /** Whether a node is a member that is not gone: the store may still have entries of one that was killed. */
  isThere(nodeId: string): boolean
}

/** Start of the keys of loads in the table `live`. */
export const loadPrefix = 'load'

/**
 * Tells other nodes what users of tokens with limits do here, at most once a second for a token, so that the limits
 * are for all nodes together.
 */
export class SharedLoad {
  readonly #options: SharedLoadOptions
  /** Own entries in the store, by token. */
  readonly #published = new Map<string, string>()
  /** Loads of other nodes, by token and node. */
  readonly #others = new Map<string, Map<string, TokenLoad>>()

  constructor(options: SharedLoadOptions) {
    this.#options = options
  }

  /** Writes everything again at the next {@link publish}: the store may have lost it. */
  publishAll(): void {
    // The keys stay: the store may have an entry of a token that is not used any more.
    for (const key of this.#published.keys()) this.#published.set(key, '')
  }

  /** Writes the loads that have changed, and removes those of tokens that are not used. */
  publish(): void {
    const unused = new Set(this.#published.keys())
    for (const [key, { links, channels, up, down }] of this.#options.seat()?.tokenLoads() ?? []) {
      if (links + channels + up + down === 0) continue
      unused.delete(key)
      this.#write(key, JSON.stringify({ links, channels, up: rounded(up), down: rounded(down) } satisfies TokenLoad))
    }
    for (const key of unused) this.#remove(key)
  }

  /** Handles the entry of another node. */
  entry(nodeId: string, key: string, load: TokenLoad | undefined): void {
    const nodes = this.#others.get(key) ?? new Map<string, TokenLoad>()
    if (load === undefined) nodes.delete(nodeId)
    else nodes.set(nodeId, load)
    if (nodes.size === 0) this.#others.delete(key)
    else this.#others.set(key, nodes)
    this.#tell(key, nodes)
  }

  /** Handles a node that has come, or is gone: then its users have no links and channels any more. */
  memberChanged(nodeId: string): void {
    for (const [key, nodes] of this.#others) if (nodes.has(nodeId)) this.#tell(key, nodes)
  }

  /** Forgets a node: its entries expire in the store without a message. */
  forget(nodeId: string): void {
    for (const [key, nodes] of this.#others) if (nodes.has(nodeId)) this.entry(nodeId, key, undefined)
  }

  #tell(key: string, nodes: ReadonlyMap<string, TokenLoad>): void {
    const { seat, isThere } = this.#options
    const loads = [...nodes].flatMap(([nodeId, load]) => (isThere(nodeId) ? load : []))
    seat()?.setLoadElsewhere(key, loads)
  }

  #write(key: string, value: string): void {
    if (this.#published.get(key) === value) return
    this.#published.set(key, value)
    const { store } = this.#options
    store.put('live', this.#keyOf(key), value).catch((error: unknown) => this.#failed(key, error))
  }

  #remove(key: string): void {
    const published = this.#published.get(key) ?? ''
    this.#published.delete(key)
    this.#options.store.delete('live', this.#keyOf(key)).catch((error: unknown) => {
      // Tried again at the next beat, unless the token is used again by then.
      if (!this.#published.has(key)) this.#published.set(key, published)
      this.#told(error)
    })
  }

  #failed(key: string, error: unknown): void {
    // Not the value that is written: the next beat writes again.
    if (this.#published.has(key)) this.#published.set(key, '')
    this.#told(error)
  }

  #told(error: unknown): void {
    this.#options.logger.debug({ reason: textOf(error) }, 'other nodes could not be told what users of a token do')
  }

  #keyOf(key: string): string {
    return `${loadPrefix}.${this.#options.ownId}.${key}`
  }
}

/** Rounds to two digits: a steady rate is written once. */
function rounded(bytes: number): number {
  return bytes < 1 ? 0 : Number(bytes.toPrecision(2))
}
