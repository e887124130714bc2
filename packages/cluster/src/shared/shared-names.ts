import { createHash } from 'node:crypto'
import type { Clock } from '@ls/foundation'
import { type NameRegistry, type NodeSeat, ServerError, type SharedName } from '@ls/server'
import { ClusterError } from '../errors.js'
import type { ClusterStore, StoreEntry } from '../store/cluster-store.js'

export interface SharedNamesOptions {
  readonly store: Pick<ClusterStore, 'replace' | 'delete'>
  readonly ownId: string
  readonly clock: Clock
  /** The server of this node; undefined before it has joined. */
  seat(): Pick<NodeSeat, 'setFarNames'> | undefined
  isUp(nodeId: string): boolean
}

/** Start of the keys of names in the table `live`. */
export const namePrefix = 'name'

/** Most attempts to change an entry that other nodes change at the same time. */
const maxAttempts = 10

/** Time in which the change of another node must be told, in milliseconds. */
const toldMs = 2000

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
  /** Entries of the store, by key: at most 64 for each token. */
  readonly #entries = new Map<string, { readonly value: NameValue; readonly revision: number }>()
  readonly #changed = new Map<string, Set<() => void>>()

  constructor(options: SharedNamesOptions) {
    this.#options = options
  }

  async share({ host, reverseKey, instance, exposure }: SharedName): Promise<() => void> {
    const own = { instance, exposure }
    await this.#change(host, (value) => {
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
    await this.#change(host, (value) => {
      if (value === undefined) return undefined
      const left = this.#ownIn(value.at).filter((each) => each.instance !== instance || each.exposure !== exposure)
      return { ...value, at: { ...value.at, [this.#options.ownId]: left } }
    })
    const key = keyOf(host)
    const known = this.#entries.get(key)
    if (known !== undefined && !this.#isHeld(known.value))
      await this.#options.store.delete('live', `${namePrefix}.${key}`, known.revision)
  }

  /** Handles an entry of the store; undefined if it was removed. */
  entry(key: string, entry: StoreEntry | undefined): void {
    const known = this.#entries.get(key)
    if (entry !== undefined && known !== undefined && known.revision > entry.revision) return
    const value = entry === undefined ? undefined : readName(entry.value)
    if (entry === undefined || value === undefined) this.#entries.delete(key)
    else this.#entries.set(key, { value, revision: entry.revision })
    const host = value?.host ?? known?.value.host
    if (host !== undefined) this.#tell(host, value)
    const waiting = this.#changed.get(key) ?? []
    this.#changed.delete(key)
    for (const resolve of waiting) resolve()
  }

  /** Handles nodes that have come or gone. */
  membersChanged(): void {
    for (const { value } of this.#entries.values()) this.#tell(value.host, value)
  }

  /** Tells the server which providers at other nodes expose a name. */
  #tell(host: string, value: NameValue | undefined): void {
    const { seat, ownId, isUp } = this.#options
    const far = Object.entries(value?.at ?? {}).filter(([id]) => id !== ownId && isUp(id))
    const reverseKey = value?.reverseKey ?? ''
    const names = far.flatMap(([, each]) => each).map((each) => ({ host, reverseKey, ...each }))
    seat()?.setFarNames(host, names)
  }

  #isHeld({ at }: NameValue): boolean {
    const { ownId, isUp } = this.#options
    return Object.entries(at).some(([id, each]) => each.length > 0 && (id === ownId || isUp(id)))
  }

  #ownIn(at: NameValue['at']): readonly Pick<SharedName, 'instance' | 'exposure'>[] {
    return at[this.#options.ownId] ?? []
  }

  async #change(host: string, change: (value: NameValue | undefined) => NameValue | undefined): Promise<void> {
    const key = keyOf(host)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const known = this.#entries.get(key)
      const next = change(known?.value)
      if (next === undefined) return
      const text = JSON.stringify(next)
      const told = this.#nextChange(key)
      const revision = await this.#options.store.replace('live', `${namePrefix}.${key}`, text, known?.revision ?? 0)
      if (revision !== undefined) return this.entry(key, { value: text, revision })
      await told
    }
    throw new ClusterError('ERR_CLUSTER_STORE', `the host name ${host} is changed by others all the time`)
  }

  /** Resolves when the entry has changed, or after the time in which it should have. */
  #nextChange(key: string): Promise<void> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const waiting = this.#changed.get(key) ?? new Set()
      const settle = (): void => {
        clock.clearTimeout(timer)
        waiting.delete(settle)
        resolve()
      }
      const timer = clock.setTimeout(settle, toldMs)
      this.#changed.set(key, waiting.add(settle))
    })
  }
}

/** Key of a name: names have characters that keys may not have. */
function keyOf(host: string): string {
  return createHash('sha256').update(host).digest('hex')
}

function readName(text: string): NameValue | undefined {
  try {
    const value = JSON.parse(text) as Partial<NameValue> | null
    const isName = typeof value?.host === 'string' && typeof value.reverseKey === 'string'
    return isName && typeof value.at === 'object' && value.at !== null ? (value as NameValue) : undefined
  } catch {
    return undefined
  }
}
