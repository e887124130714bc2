import type { LocalNode, TokenLoad } from '@ls/server'
import { FarEntries } from './far-entries.js'
import { OwnEntries, type OwnEntriesOptions } from './own-entries.js'

export interface SharedLoadOptions extends Omit<OwnEntriesOptions, 'prefix'> {
  /** The server of this node; undefined before it has joined. */
  localNode(): Pick<LocalNode, 'tokenLoads' | 'setLoadElsewhere'> | undefined
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
  readonly #own: OwnEntries
  readonly #others = new FarEntries<TokenLoad>()

  constructor(options: SharedLoadOptions) {
    this.#options = options
    this.#own = new OwnEntries({ ...options, prefix: loadPrefix })
  }

  /** Writes everything again at the next {@link publish}: the store may have lost it. */
  publishAll(): void {
    this.#own.writeAgain()
  }

  /** Writes the loads that have changed, and removes those of tokens that are not used. */
  publish(): void {
    const unused = new Set(this.#own.tokens)
    for (const [key, { links, channels, up, down }] of this.#options.localNode()?.tokenLoads() ?? []) {
      if (links + channels + up + down === 0) continue
      unused.delete(key)
      const load: TokenLoad = { links, channels, up: rounded(up), down: rounded(down) }
      this.#own.write(key, JSON.stringify(load))
    }
    for (const key of unused) this.#own.remove(key)
  }

  /** Handles the entry of another node. */
  entry(nodeId: string, key: string, load: TokenLoad | undefined): void {
    this.#others.set(key, nodeId, load)
    this.#tell(key)
  }

  /** Handles a node that has come, or is gone: then its users have no links and channels any more. */
  memberChanged(nodeId: string): void {
    for (const key of this.#others.tokensOf(nodeId)) this.#tell(key)
  }

  /** Forgets a node: its entries expire in the store without a message. */
  forget(nodeId: string): void {
    for (const key of this.#others.tokensOf(nodeId)) this.entry(nodeId, key, undefined)
  }

  #tell(key: string): void {
    const { localNode, isThere } = this.#options
    const loads = [...this.#others.of(key)].flatMap(([nodeId, load]) => (isThere(nodeId) ? load : []))
    localNode()?.setLoadElsewhere(key, loads)
  }
}

/** Rounds to two digits: a steady rate is written once. */
function rounded(bytes: number): number {
  return bytes < 1 ? 0 : Number(bytes.toPrecision(2))
}
