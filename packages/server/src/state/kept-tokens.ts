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
  /** Restores an identity of a relay; undefined if it has expired. @throws ServerError where there is no relay */
  restoreIdentity(stored: StoredReverseToken): TokenRecord | undefined
}

/** Tokens of a server that are in its state file. */
export class KeptTokens {
  readonly #options: KeptTokensOptions
  readonly #kept = new Set<TokenRecord>()
  /** Tokens of the file that could not be registered. They stay in the file, since the obstacle may be removed. */
  #absent: StoredToken[] = []
  /** Identities that had expired at the start; their codes are removed with them. */
  readonly #over = new Set<string>()
  #isRestored = false

  constructor(options: KeptTokensOptions) {
    this.#options = options
  }

  /** Registers the tokens of the file, and keeps the file up to date from now on. The second call does nothing. */
  restore(): void {
    if (this.#isRestored) return
    this.#isRestored = true
    const { state, tokens, logger, socksHost } = this.#options
    for (const stored of state.found.tokens) {
      if (this.#over.has(reverseOf(stored) ?? '')) continue
      try {
        this.#restore(stored)
      } catch (error) {
        // The token was saved again before the start, so the old entry must not replace it.
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

  /** Resolves when the present tokens are on the disk. @throws ServerError as {@link add} */
  save(): Promise<void> {
    return this.#options.state.save()
  }

  /** Whether a token is in the file. */
  has(record: TokenRecord): boolean {
    return this.#options.state.path !== undefined && this.#kept.has(record)
  }

  /** Saves a token; resolves when it is on the disk. @throws ServerError when it cannot be written */
  async add(record: TokenRecord): Promise<void> {
    // An identity of a relay is saved once it has a code.
    if (record.kind === 'connector' && record.reverse.identity !== undefined) this.#kept.add(record.reverse)
    this.#kept.add(record)
    // Otherwise the token that it replaces would return when this one is revoked.
    this.#dropAbsent(record.token)
    await this.#options.state.save()
  }

  /**
   * Saves a token as {@link add} does. If it cannot be written, calls `undo`, unless the token was saved before.
   * @default removes it
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

  /** Removes tokens from the file; resolves when they are gone from the disk. @throws ServerError as {@link add} */
  async remove(records: Iterable<TokenRecord>): Promise<void> {
    const known = [...records].filter((record) => {
      // The file may contain another token of this text, which this one replaced.
      const wasAbsent = this.#dropAbsent(record.token)
      return this.#kept.delete(record) || wasAbsent
    })
    if (known.length > 0) await this.#options.state.save()
  }

  /**
   * Removes a token that is in the file and could not be registered. Resolves when it is gone from the disk, with false
   * if there was none.
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

  /** Removes tokens that exist only in the file: that of this text, and connector tokens that lead to it. */
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
    // Codes of a relay end with their identity.
    if (record.kind === 'connector' && record.reverse.identity !== undefined) return
    // Providers reconnect as the same instances; the tokens of those that do not reconnect must end.
    if (record.kind === 'connector' && record.owner !== undefined) orphans.ownerLeft(record.reverse, record.owner)
  }
}

function reverseOf(stored: StoredToken): string | undefined {
  return stored.kind === 'connector' ? stored.reverseToken : undefined
}

/** A token with everything that limits its users and its address: after a restart it must not allow more. */
export function storedToken(record: TokenRecord, socksHost: string): StoredToken {
  const { token } = record
  // The policy of an identity is that of the relay, which may change before the next start.
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

/** Fields that differ from the defaults of the server, which may change between two starts. */
function placeOf({ accounts = [], host, listenOn = [], socksNowait }: ReverseToken, socksHost: string): object {
  return {
    ...(accounts.length === 0 ? {} : { accounts }),
    ...(host === socksHost ? {} : { socksHost: host }),
    ...(listenOn.length === 0 ? {} : { socksListen: listenOn }),
    ...(socksNowait === undefined ? {} : { socksNowait }),
  }
}
