import { type Logger, textOf } from '@ls/foundation'
import type { OrphanedTokens } from '../tokens/orphaned-tokens.js'
import type { ReverseToken, TokenRecord, TokenRegistry } from '../tokens/token-registry.js'
import { restoreToken, type TokenMaker } from './restore-token.js'
import type { ServerState } from './server-state.js'
import type { StoredReverseToken, StoredToken } from './state-content.js'

export interface KeptTokensOptions {
  readonly state: ServerState
  readonly tokens: TokenRegistry
  readonly logger: Logger
  /** Address of SOCKS ports whose token has none of its own. */
  readonly socksHost: string
  readonly server: TokenMaker
  readonly orphans: OrphanedTokens
  /** Registers an identity of a relay; undefined if its time is over. @throws ServerError where there is no relay */
  restoreIdentity(stored: StoredReverseToken): TokenRecord | undefined
}

/** The tokens of a server that are in its state file. */
export class KeptTokens {
  readonly #options: KeptTokensOptions
  readonly #kept = new Set<TokenRecord>()
  /** Kept before, and not registered now: they stay in the file, since what is in the way may go away. */
  #absent: StoredToken[] = []
  /** Identities whose time was over at the start: their codes go with them. */
  readonly #over = new Set<string>()
  #isRestored = false

  constructor(options: KeptTokensOptions) {
    this.#options = options
  }

  /** Registers what the file had, and keeps the file up to date from now on. Does nothing the second time. */
  restore(): void {
    if (this.#isRestored) return
    this.#isRestored = true
    const { state, tokens, logger, socksHost } = this.#options
    for (const stored of state.found.tokens) {
      if (this.#over.has(reverseOf(stored) ?? '')) continue
      try {
        this.#restore(stored)
      } catch (error) {
        // Kept anew before the start: the old one must not come back behind it.
        if (this.#isKept(stored.token)) continue
        this.#absent.push(stored)
        logger.warn({ kind: stored.kind, reason: textOf(error) }, 'a token of the state file could not be registered')
      }
    }
    // In the order of registration: a connector token comes after the token it leads to.
    state.takeFrom(() => {
      const kept = [...tokens].filter((each) => this.#kept.has(each))
      return [...kept.map((each) => storedToken(each, socksHost)), ...this.#absent]
    })
  }

  /** Resolves once the disk has the tokens as they are now. @throws ServerError as {@link add} */
  save(): Promise<void> {
    return this.#options.state.save()
  }

  /** Whether it is on the disk. */
  has(record: TokenRecord): boolean {
    return this.#options.state.path !== undefined && this.#kept.has(record)
  }

  /** Keeps a token; resolves once it is on the disk. @throws ServerError when it cannot be written */
  async add(record: TokenRecord): Promise<void> {
    // An identity of a relay is worth keeping once it has a code.
    if (record.kind === 'connector' && record.reverse.identity !== undefined) this.#kept.add(record.reverse)
    this.#kept.add(record)
    // What it replaces would come back once this one is revoked.
    this.#dropAbsent(record.token)
    await this.#options.state.save()
  }

  /**
   * As {@link add}; `undo` runs first when it cannot be written, unless the token was kept before. @default forgets it
   */
  async addOr(record: TokenRecord, undo = (): Promise<void> => this.remove([record])): Promise<void> {
    const wasKept = this.#kept.has(record)
    try {
      await this.add(record)
    } catch (error) {
      if (!wasKept) await undo().catch(() => {})
      throw error
    }
  }

  /** Forgets tokens that are gone; resolves once the disk has forgotten them. @throws ServerError as {@link add} */
  async remove(records: Iterable<TokenRecord>): Promise<void> {
    const known = [...records].filter((record) => {
      // The file may have another token of this text, which gave way to this one.
      const wasAbsent = this.#dropAbsent(record.token)
      return this.#kept.delete(record) || wasAbsent
    })
    if (known.length > 0) await this.#options.state.save()
  }

  /**
   * Forgets a token that is in the file and could not be registered; resolves once the disk has forgotten it, with
   * false if there was none.
   *
   * @throws ServerError as {@link add}
   */
  async forget(token: string): Promise<boolean> {
    if (!this.#dropAbsent(token)) return false
    await this.#options.state.save()
    return true
  }

  #isKept(token: string): boolean {
    const record = this.#options.tokens.find(token)
    return record !== undefined && this.#kept.has(record)
  }

  /** Drops what is only in the file: the token of this text, and connector tokens that lead to it. */
  #dropAbsent(token: string): boolean {
    const before = this.#absent
    this.#absent = before.filter((each) => each.token !== token && reverseOf(each) !== token)
    return this.#absent.length < before.length
  }

  #restore(stored: StoredToken): void {
    const { server, tokens, orphans, restoreIdentity } = this.#options
    const isIdentity = stored.kind === 'reverse' && stored.identity !== undefined
    const record = isIdentity ? restoreIdentity(stored) : restoreToken(stored, server, tokens)
    if (record === undefined) return void this.#over.add(stored.token)
    this.#kept.add(record)
    // Those of a relay end with their identity.
    if (record.kind === 'connector' && record.reverse.identity !== undefined) return
    // Providers come back as the same instances; the tokens of those that do not come back must end.
    if (record.kind === 'connector' && record.owner !== undefined) orphans.ownerLeft(record.reverse, record.owner)
  }
}

function reverseOf(stored: StoredToken): string | undefined {
  return stored.kind === 'connector' ? stored.reverseToken : undefined
}

/** All that says who may use the token and where: it must not come back weaker. */
export function storedToken(record: TokenRecord, socksHost: string): StoredToken {
  const { token } = record
  // The policy of an identity is that of the relay, which may be another at the next start.
  const policy = record.kind === 'reverse' && record.identity !== undefined ? undefined : record.policy
  const part = { token, ...(policy === undefined ? {} : { policy: policy.options }) }
  switch (record.kind) {
    case 'forward':
      return { kind: record.kind, ...part }
    case 'connector': {
      const { owner, sharesPolicy = false } = record
      const own = { ...(owner === undefined ? {} : { owner }), ...(sharesPolicy ? { sharesPolicy } : {}) }
      return { kind: record.kind, ...part, reverseToken: record.reverse.token, ...own }
    }
    case 'reverse': {
      const { port, username, password, allowManageConnector, ports, identity } = record
      const login = username === undefined || password === undefined ? {} : { username, password }
      const rights = {
        ...(allowManageConnector ? { allowManageConnector } : {}),
        ...(ports === undefined ? {} : { ports }),
        ...(identity === undefined ? {} : { identity }),
      }
      return { kind: record.kind, ...part, port, ...login, ...placeOf(record, socksHost), ...rights }
    }
  }
}

/** What differs from the defaults of the server, which may change between two starts. */
function placeOf({ accounts = [], host, listenOn = [], socksNowait }: ReverseToken, socksHost: string): object {
  return {
    ...(accounts.length === 0 ? {} : { accounts }),
    ...(host === socksHost ? {} : { socksHost: host }),
    ...(listenOn.length === 0 ? {} : { socksListen: listenOn }),
    ...(socksNowait === undefined ? {} : { socksNowait }),
  }
}
