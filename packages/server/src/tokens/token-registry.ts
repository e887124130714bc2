import { randomBytes } from 'node:crypto'
import { anonymousToken } from '@ls/codec'
import type { Account } from '@ls/relay'
import { ServerError } from '../errors.js'
import type { Policy } from '../policy/policy.js'
import { hashFault, keyOfClearText, keyOfHash, tokenKey } from './token-text.js'

/** A token for clients whose traffic leaves at the server. */
export interface ForwardToken {
  readonly kind: 'forward'
  /** The token, in clear text or as a hash. */
  readonly token: string
  /** Policy of the token. @default the server's policy */
  policy?: Policy | undefined
}

/** A token for providers, with the SOCKS port that leads to them, if any. Its port and users can change. */
export interface ReverseToken {
  readonly kind: 'reverse'
  /** The token, in clear text as the provider sends it, or as a hash. */
  readonly token: string
  /** Policy of the token. @default the server's policy */
  policy?: Policy | undefined
  /** SOCKS port of this token; −1 for none (autonomy, protocol.md §1), 0 until the system has chosen one. */
  port: number
  /** Address of the SOCKS port. */
  host: string
  /** SOCKS addresses in place of `host` and `port`, which is −1 then. */
  listenOn?: readonly string[]
  /** User name that SOCKS clients must send; undefined for no authentication. */
  username: string | undefined
  /** Password for `username`. */
  password: string | undefined
  /** More accounts for the port. */
  accounts?: readonly Account[]
  /** Whether its port opens before the first provider has connected; undefined for the server's setting. */
  readonly socksNowait?: boolean | undefined
  /** Whether providers may add and remove connector tokens. */
  readonly allowManageConnector: boolean
  /** Ports that providers may expose, `2222,4000-4100`; undefined for those that the server allows. */
  readonly ports?: string | undefined
  /** Identity that it was created for, if its provider came without a token (relay mode). */
  readonly identity?: RelayIdentity
}

/** Identity of a provider that came to a relay without a token. */
export interface RelayIdentity {
  /** Time of its creation, in milliseconds since 1970. */
  readonly madeAtMs: number
  /** Address that it came from. */
  readonly address: string
  /** Id of its process, as hex; undefined where it sent none. */
  readonly instance?: string | undefined
  /** Bytes that it has moved in its present day, and the end of that day, in milliseconds since 1970. */
  readonly day?: { readonly bytes: number; readonly endsAtMs: number } | undefined
}

/** A token for connectors, which leads to the providers of one reverse token or to a single one of them. */
export interface ConnectorToken {
  readonly kind: 'connector'
  /** The token, in clear text as the connector sends it, or as a hash. */
  readonly token: string
  /**
   * Policy of the token. @default that of `reverse` if a provider added it or with `sharesPolicy`, else the server's
   * policy
   */
  policy?: Policy | undefined
  /** Whether it is under the policy of `reverse`, with shared limits. @default false */
  readonly sharesPolicy?: boolean
  /** Token of the providers that it leads to. */
  readonly reverse: ReverseToken
  /** Provider that added it (its instance, as hex); undefined when the server did. */
  owner: string | undefined
}

/** A token of any kind; `kind` tells which. */
export type TokenRecord = ForwardToken | ReverseToken | ConnectorToken

/** All tokens of a server. Each token has one use, and other tenants cannot see it. */
export class TokenRegistry {
  /**
   * Tokens by `tokenKey`: a hash of the text that clients send, so the time of a lookup reveals nothing about tokens.
   */
  readonly #byKey = new Map<string, TokenRecord>()
  readonly #connectors = new Map<ReverseToken, Set<ConnectorToken>>()

  get size(): number {
    return this.#byKey.size
  }

  /** In the order they were added. */
  *[Symbol.iterator](): Generator<TokenRecord> {
    yield* this.#byKey.values()
  }

  /** Finds a token by the text that it was registered with, or by the text whose hash was registered. */
  find(token: string): TokenRecord | undefined {
    return this.#byKey.get(tokenKey(token))
  }

  /** Finds the token that a client sends in clear text. The text of a hash finds none. */
  findShown(token: string): TokenRecord | undefined {
    return this.#byKey.get(keyOfClearText(token))
  }

  /** Finds a reverse token. @throws ServerError if there is none */
  findReverse(token: string): ReverseToken {
    const record = this.find(token)
    if (record?.kind === 'reverse') return record
    throw new ServerError('ERR_SERVER_NO_REVERSE_TOKEN', 'reverse token does not exist')
  }

  /** Finds a token given as lowercase hex SHA-256. */
  findByHash(tokenHash: string): TokenRecord | undefined {
    return this.#byKey.get(keyOfHash(tokenHash))
  }

  /** Finds a token by its `tokenKey`. */
  findByKey(key: string): TokenRecord | undefined {
    return this.#byKey.get(key)
  }

  /** Connector tokens that lead to a reverse token. */
  connectorsOf(reverse: ReverseToken): ReadonlySet<ConnectorToken> {
    return this.#connectors.get(reverse) ?? none
  }

  /** Checks that a new token may be registered under this name. @throws ServerError when it may not */
  assertFree(token: string): void {
    checkToken(token)
    if (this.#byKey.has(tokenKey(token))) throw new ServerError('ERR_SERVER_TOKEN_EXISTS', 'token already exists')
  }

  /** Adds a token. @throws ServerError when it may not be registered */
  add<T extends TokenRecord>(record: T): T {
    this.assertFree(record.token)
    this.#byKey.set(tokenKey(record.token), record)
    if (record.kind !== 'connector') return record
    const siblings = this.#connectors.get(record.reverse) ?? new Set<ConnectorToken>()
    this.#connectors.set(record.reverse, siblings.add(record))
    return record
  }

  remove(record: TokenRecord): void {
    const key = tokenKey(record.token)
    if (this.#byKey.get(key) !== record) return
    this.#byKey.delete(key)
    if (record.kind !== 'connector') return
    const siblings = this.#connectors.get(record.reverse)
    siblings?.delete(record)
    if (siblings?.size === 0) this.#connectors.delete(record.reverse)
  }
}

/** A new random token: 128 bits, in hex. */
export function makeToken(): string {
  return randomBytes(16).toString('hex')
}

const none: ReadonlySet<ConnectorToken> = new Set()

/** protocol.md §1: "a token is 1–255 bytes". */
const maxTokenBytes = 255

function checkToken(token: string): void {
  if (token === anonymousToken) {
    throw new ServerError('ERR_SERVER_TOKEN_RESERVED', `'${anonymousToken}' is reserved and cannot be used as a token`)
  }
  const fault = hashFault(token)
  if (fault !== undefined) throw new ServerError('ERR_SERVER_TOKEN_INVALID', fault)
  const bytes = Buffer.byteLength(token)
  if (bytes >= 1 && bytes <= maxTokenBytes) return
  throw new ServerError('ERR_SERVER_TOKEN_INVALID', `a token of ${bytes} bytes; it must have 1–${maxTokenBytes} bytes`)
}
