import { createHash } from 'node:crypto'
import { type NameRegistry, type LocalNode, ServerError, type SharedName } from '@ls/server'
import { isText, readObject } from '../node/live-entry.js'
import type { StoreEntry } from '../store/cluster-store.js'
import { SharedEntries, type SharedEntriesOptions } from './shared-entries.js'

export interface SharedNamesOptions extends Pick<SharedEntriesOptions<unknown>, 'store' | 'clock'> {
  readonly ownId: string
  /** The server of this node; undefined before it has joined. */
  localNode(): Pick<LocalNode, 'setFarNames'> | undefined
  isUp(nodeId: string): boolean
}

/** Start of the keys of names in the table `live`. */
export const namePrefix = 'name'

/** Value of an entry: a host name with its providers, by node. */
interface NameValue {
  readonly host: string
  /** Token that has the name as long as one of its providers exposes it at a node that is up. */
  readonly reverseKey: string
  readonly at: Readonly<Record<string, readonly Pick<SharedName, 'instance' | 'exposure'>[]>>
}

/**
 * Host names of the providers of all nodes. Each has one entry, which the nodes change by compare-and-set, so a name
 * never belongs to two tokens.
 */
export class SharedNames implements NameRegistry {
  readonly #options: SharedNamesOptions
  /** Entries by the hash of their names: at most 64 for each token. */
  readonly #entries: SharedEntries<NameValue>

  constructor(options: SharedNamesOptions) {
    this.#options = options
    this.#entries = new SharedEntries({ ...options, prefix: namePrefix, read: readName, write })
  }

  async share({ host, reverseKey, instance, exposure }: SharedName): Promise<() => void> {
    const own = { instance, exposure }
    await this.#entries.change(keyOf(host), (value) => {
      const holds = value !== undefined && this.#isHeld(value)
      if (holds && value.reverseKey !== reverseKey)
        throw new ServerError('ERR_SERVER_EXPOSE_REFUSED', `the host name ${host} is exposed for another token`)
      const at = holds ? value.at : {}
      return { host, reverseKey, at: { ...at, [this.#options.ownId]: [...this.#ownIn(at), own] } }
    })
    return () => {
      this.#remove({ host, reverseKey, instance, exposure }).catch(() => {})
    }
  }

  /** Removes one of this node's names, and the entry if no other node has the name. */
  async #remove({ host, instance, exposure }: SharedName): Promise<void> {
    const key = keyOf(host)
    const left = await this.#entries.change(key, (value) => {
      if (value === undefined) return undefined
      const own = this.#ownIn(value.at).filter((each) => each.instance !== instance || each.exposure !== exposure)
      return { ...value, at: { ...value.at, [this.#options.ownId]: own } }
    })
    if (left !== undefined && !this.#isHeld(left)) await this.#entries.delete(key)
  }

  /** Handles an entry of the store; undefined if it was removed. */
  entry(key: string, entry: StoreEntry | undefined): void {
    const before = this.#entries.get(key)
    if (!this.#entries.entry(key, entry)) return
    const value = this.#entries.get(key)
    const host = value?.host ?? before?.host
    if (host !== undefined) this.#tell(host, value)
  }

  /** Handles nodes that have come or gone. */
  membersChanged(): void {
    for (const value of this.#entries.values) this.#tell(value.host, value)
  }

  /** Tells the server which providers at other nodes expose a name. */
  #tell(host: string, value: NameValue | undefined): void {
    const { localNode, ownId, isUp } = this.#options
    const far = Object.entries(value?.at ?? {}).filter(([id]) => id !== ownId && isUp(id))
    const reverseKey = value?.reverseKey ?? ''
    const names = far.flatMap(([, each]) => each).map((each) => ({ host, reverseKey, ...each }))
    localNode()?.setFarNames(host, names)
  }

  #isHeld({ at }: NameValue): boolean {
    const { ownId, isUp } = this.#options
    return Object.entries(at).some(([id, each]) => each.length > 0 && (id === ownId || isUp(id)))
  }

  #ownIn(at: NameValue['at']): readonly Pick<SharedName, 'instance' | 'exposure'>[] {
    return at[this.#options.ownId] ?? []
  }
}

function write(value: NameValue): string {
  return JSON.stringify(value)
}

/** Key of a name: names have characters that keys may not have. */
function keyOf(host: string): string {
  return createHash('sha256').update(host).digest('hex')
}

function readName(text: string): NameValue | undefined {
  const { host, reverseKey, at } = readObject<NameValue>(text) ?? {}
  const isName = isText(host) && isText(reverseKey) && typeof at === 'object' && at !== null
  return isName && Object.values(at).every(areNames) ? { host, reverseKey, at } : undefined
}

function areNames(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  return (value as readonly (Partial<SharedName> | null)[]).every(
    (each) => isText(each?.instance) && isText(each?.exposure),
  )
}
