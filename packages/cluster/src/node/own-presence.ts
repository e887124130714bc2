import { type RareLog, textOf } from '@ls/foundation'
import type { LocalNode } from '@ls/server'
import type { ClusterStore } from '../store/cluster-store.js'
import { nodeKey } from './live-entry.js'
import type { NodeInfo } from './members.js'

export interface OwnPresenceOptions {
  readonly store: ClusterStore
  readonly ownId: string
  /** Receives why the store refuses what it is told. */
  readonly rareLog: Pick<RareLog, 'warn'>
  /** The server of this node; undefined before it has joined. */
  localNode(): Pick<LocalNode, 'peersOf' | 'reverseKeys'> | undefined
  /** Called when peers of a token have changed, while the change is being written. */
  onTold(reverseKey: string): void
}

/** Reports the peers of each token on this node to other nodes: only changes, once in a turn of the event loop. */
export class OwnPresence {
  readonly #options: OwnPresenceOptions
  /** Entries in the store, by their token; without those that were deleted. */
  readonly #published = new Map<string, string>()
  readonly #changed = new Set<string>()
  /** Tokens whose entry in the store may be another one than `#published` says: at most as many as this node has. */
  readonly #doubtful = new Set<string>()
  #isClosed = false

  constructor(options: OwnPresenceOptions) {
    this.#options = options
  }

  /** Handles peers of a token that connected or disconnected here. */
  changed(reverseKey: string): void {
    if (this.#isClosed || this.#options.localNode() === undefined) return
    if (this.#changed.size === 0) setImmediate(() => this.#publishChanged())
    this.#changed.add(reverseKey)
  }

  /** Writes the sign of life of this node. @param isConnected Whether it is unexpected that the store refuses it */
  tellLife(info: NodeInfo, isConnected: boolean): void {
    const { store, ownId, rareLog } = this.#options
    store.put('live', nodeKey(ownId), JSON.stringify(info)).catch((error: unknown) => {
      if (isConnected) rareLog.warn('the store of the cluster cannot be written', textOf(error))
    })
  }

  /** Writes everything again: the store may have lost it. */
  publishAll(): void {
    for (const key of this.#published.keys()) this.#doubtful.add(key)
    for (const key of [...this.#doubtful, ...(this.#options.localNode()?.reverseKeys ?? [])]) this.changed(key)
  }

  /** Writes what could not be written: the store may refuse for some seconds while its connection stays open. */
  publishFailed(): void {
    for (const key of this.#doubtful) this.changed(key)
  }

  /**
   * Handles an entry of this node as the store has it. A write that was held up on an earlier connection may have
   * replaced a newer one: then it is written again with the next {@link publishFailed}.
   */
  told(what: string, reverseKey: string, value: string | undefined): void {
    if (what !== 'peers') return
    if (this.#published.get(reverseKey) === value) this.#doubtful.delete(reverseKey)
    else this.#doubtful.add(reverseKey)
  }

  /** Stops writing. */
  close(): void {
    this.#isClosed = true
  }

  #publishChanged(): void {
    const keys = [...this.#changed]
    this.#changed.clear()
    const { rareLog, onTold } = this.#options
    for (const key of keys) {
      this.#publish(key).catch((error: unknown) => {
        this.#doubtful.add(key)
        rareLog.warn('other nodes cannot be told of the clients of a token', textOf(error))
      })
      onTold(key)
    }
  }

  async #publish(reverseKey: string): Promise<void> {
    if (this.#isClosed) return
    const { store, ownId, localNode } = this.#options
    const peers = localNode()?.peersOf(reverseKey)
    const key = `peers.${ownId}.${reverseKey}`
    const isEmpty = peers === undefined || peers.providers.length + peers.connectors.length === 0
    const value = isEmpty ? undefined : JSON.stringify(peers)
    const isKnown = this.#published.get(reverseKey) === value
    if (!this.#doubtful.delete(reverseKey) && isKnown) return
    if (value === undefined) {
      this.#published.delete(reverseKey)
      await store.delete('live', key)
    } else {
      this.#published.set(reverseKey, value)
      await store.put('live', key, value)
    }
  }
}
