import { call } from './call.js'

export type TokenKind = 'forward' | 'reverse' | 'connector'

/** A token, as in `GET /api/tokens`. */
export interface TokenInfo {
  readonly id: string
  readonly type: TokenKind
  readonly clients_count: number
  /** Whether it survives the server. */
  readonly kept: boolean
  readonly port?: number | undefined
  readonly reverse_id?: string
  readonly policy?: TokenPolicy
  readonly quota?: readonly QuotaUse[]
}

/** Use of a quota. */
export interface QuotaUse {
  readonly period: 'day' | 'month'
  readonly used_bytes: number
  readonly limit_bytes: number
  /** Start of the next period. */
  readonly ends_at: string
}

/** The part of a policy that the page shows and edits; docs/guide/policies.md. */
export interface TokenPolicy {
  readonly name?: string
  readonly note?: string
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly sources?: readonly string[]
  readonly maxChannels?: number
  readonly maxLinks?: number
  readonly rate?: { readonly up?: string | number; readonly down?: string | number }
  readonly expiresAt?: string
}

export interface TokenRequest {
  readonly type: TokenKind
  readonly token?: string
  readonly port?: number
  readonly allow_manage_connector?: boolean
  readonly reverse_token?: string | undefined
  readonly policy?: TokenPolicy
}

/** Lists tokens. @throws ApiError */
export function listTokens(signal: AbortSignal): Promise<TokenInfo[]> {
  return call('GET', 'tokens', { signal })
}

/** Reads the text of a token. @throws ApiError */
export async function revealToken(id: string): Promise<string> {
  const { token } = await call<{ token: string }>('GET', `token/${encodeURIComponent(id)}`)
  return token
}

/** Creates a token and returns its text. @throws ApiError */
export async function createToken(body: TokenRequest): Promise<string> {
  const { token } = await call<{ token: string }>('POST', 'token', { body })
  return token
}

/** Revokes a token. @throws ApiError */
export async function revokeToken(id: string): Promise<void> {
  await call('DELETE', 'token', { body: { token: id } })
}
