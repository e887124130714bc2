import { type ClusterStore, MemoryHub } from '@ls/cluster'
import { type Logger, textOf } from '@ls/foundation'
import { ServerState, type StoredToken, tokenKey } from '@ls/server'

type UsedAmounts = ServerState['found']['used'][string]

/** Interval at which the use of quotas is written, in milliseconds: a crash forgets at most this much. */
const saveUsedMs = 60_000

/** Node whose count is that of the state file. */
const fileNode = 'file'

/** The state file of a server with workers: their parent keeps it, from what their broker knows. */
export class WorkersState {
  readonly #state: ServerState
  readonly #hub = new MemoryHub()
  readonly #files: ClusterStore
  readonly #tokens = new Map<string, StoredToken>()
  /** Counts of quotas by token, then by node. */
  readonly #used = new Map<string, Map<string, UsedAmounts>>()
  readonly #logger: Logger
  #hasUsed = false
  #timer: NodeJS.Timeout | undefined

  private constructor(state: ServerState, logger: Logger) {
    this.#state = state
    this.#logger = logger
    this.#files = this.#hub.store()
  }

  /** Opens the file and registers its tokens for all workers. @throws ServerError for a file that is not valid */
  static async open(path: string, logger: Logger): Promise<WorkersState> {
    const opened = new WorkersState(await ServerState.open(path), logger)
    await opened.#load()
    return opened
  }

  /** Tokens that a single process has generated, by their names. */
  get made(): Readonly<Record<string, string>> {
    return this.#state.found.made
  }

  /** Secret from which all workers derive the same generated tokens: the same after each start. */
  get seed(): string {
    return this.#state.made('workers')
  }

  /** Store for one worker. A token is in the file when its change resolves. */
  store(): ClusterStore {
    const store = this.#hub.store()
    return {
      open: (watcher) => store.open(watcher),
      close: () => store.close(),
      put: async (table, key, value) => {
        await store.put(table, key, value)
        if (table === 'tokens') await this.#keep(key, value)
      },
      replace: async (table, key, value, revision) => {
        const written = await store.replace(table, key, value, revision)
        if (table === 'tokens' && written !== undefined) await this.#keep(key, value)
        return written
      },
      delete: async (table, key, revision) => {
        await store.delete(table, key, revision)
        if (table === 'tokens') await this.#forget(key)
      },
    }
  }

  /** Writes the file for the last time. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#saveUsed()
    await this.#files.close()
  }

  async #load(): Promise<void> {
    const { found } = this.#state
    this.#state.takeFrom(() => [...this.#tokens.values()].toSorted((a, b) => orderOf(a) - orderOf(b)))
    this.#state.takeUsedFrom(() => this.#sums())
    for (const token of found.tokens) {
      const key = tokenKey(token.token)
      this.#tokens.set(key, token)
      await this.#files.put('tokens', key, JSON.stringify(token))
    }
    await this.#files.open({
      entry: (table, key, entry) => {
        const [what, node = '', token = ''] = key.split('.')
        if (table === 'live' && what === 'used' && entry !== undefined) this.#noteUsed(node, token, entry.value)
      },
      synced: () => {},
      lost: () => {},
    })
    for (const [key, used] of Object.entries(found.used))
      await this.#files.put('live', `used.${fileNode}.${key}`, JSON.stringify({ used, isKept: false }))
    // The seed is kept before a token is derived from it.
    this.#state.made('workers')
    await this.#state.save()
    this.#timer = setInterval(() => void this.#saveUsed(), saveUsedMs)
  }

  #noteUsed(node: string, token: string, value: string): void {
    const { used } = JSON.parse(value) as { readonly used: UsedAmounts }
    const nodes = this.#used.get(token) ?? new Map<string, UsedAmounts>()
    this.#used.set(token, nodes.set(node, used))
    this.#hasUsed = true
  }

  async #keep(key: string, value: string): Promise<void> {
    const before = this.#tokens.get(key)
    this.#tokens.set(key, JSON.parse(value) as StoredToken)
    try {
      await this.#state.save()
    } catch (error) {
      if (before === undefined) {
        this.#tokens.delete(key)
        await this.#files.delete('tokens', key)
      }
      throw error
    }
  }

  async #forget(key: string): Promise<void> {
    if (!this.#tokens.delete(key)) return
    await this.#files.put('live', `used.${fileNode}.${key}`, JSON.stringify({ used: {}, isKept: false }))
    await this.#state.save()
  }

  async #saveUsed(): Promise<void> {
    if (!this.#hasUsed) return
    this.#hasUsed = false
    await this.#state.save().catch((error: unknown) => {
      this.#hasUsed = true
      this.#logger.error({ reason: textOf(error) }, 'the used bytes of quotas were not saved in the state file')
    })
  }

  /** Use of each token by all nodes, in the newest period that one of them has. */
  #sums(): Record<string, UsedAmounts> {
    const all = [...this.#used].map(([token, nodes]) => {
      return [token, { ...sumOf('day', nodes.values()), ...sumOf('month', nodes.values()) }] as const
    })
    return Object.fromEntries(all.filter(([, used]) => Object.keys(used).length > 0))
  }
}

/** Connector tokens come after the tokens that they lead to. */
function orderOf({ kind }: StoredToken): number {
  return kind === 'connector' ? 1 : 0
}

function sumOf(period: 'day' | 'month', nodes: Iterable<UsedAmounts>): UsedAmounts {
  const amounts = [...nodes].flatMap((used) => used[period] ?? [])
  const newest = amounts
    .map((amount) => amount.period)
    .toSorted()
    .at(-1)
  if (newest === undefined) return {}
  const bytes = amounts.reduce((sum, amount) => sum + (amount.period === newest ? amount.bytes : 0), 0)
  return { [period]: { period: newest, bytes } }
}
