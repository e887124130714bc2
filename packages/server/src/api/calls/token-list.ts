import { type Answer, ApiRefusal, failure } from '@ls/observe/http'
import type { QuotaUse } from '../../quota/quota.js'
import type { TokenStatus } from '../../tokens/token-status.js'
import { isHashed, tokenKey } from '../../tokens/token-text.js'
import type { ApiCall } from '../api-call.js'

/** `GET /api/tokens`: all tokens with their policies, but without their texts. */
export function listTokens({ server }: ApiCall): Answer {
  return { status: 200, body: server.tokens().map(describe) }
}

/** `GET /api/token/{token}`: one token, in clear text. */
export function showToken({ server, parameter }: ApiCall): Answer {
  const found = findToken(server.tokens(), parameter)
  if (found === undefined) return failure(404, 'token does not exist')
  return { status: 200, body: { token: found.token, ...describe(found) } }
}

/**
 * Finds a token by its text, its id or the name in its policy. The text of a provider's connector token counts only if
 * nothing else matches: a provider may give it the name of another token, and must not be revoked in its place.
 *
 * @throws ApiRefusal 400 where several tokens match
 */
export function findToken(tokens: readonly TokenStatus[], reference: string): TokenStatus | undefined {
  const named = tokens.filter(({ id, policy }) => id === reference || policy?.name === reference)
  const exact = tokens.find(
    ({ token }) => token === reference || (isHashed(token) && tokenKey(token) === tokenKey(reference)),
  )
  const isDecoy = exact?.byProvider === true && named.length > 0
  const [first, second] = new Set(exact === undefined || isDecoy ? named : [exact, ...named])
  if (second === undefined) return first
  throw new ApiRefusal(400, 'several tokens match; give the id or the text of one')
}

/** Name of a token in the log: that in its policy, or its id. */
export function labelOf({ id, policy }: Pick<TokenStatus, 'id' | 'policy'>): string {
  return policy?.name ?? id
}

/** Port that deployed servers report for a token without a SOCKS port. */
export const noPort = -1

function describe({ id, kind, clients, port, policy, reverseId, kept, quota }: TokenStatus): object {
  return {
    id,
    type: kind,
    clients_count: clients,
    kept,
    port: kind === 'reverse' ? (port ?? noPort) : undefined,
    reverse_id: reverseId,
    policy,
    quota: quota?.map(describeQuota),
  }
}

function describeQuota({ period, usedBytes, limitBytes, endsAtMs }: QuotaUse): object {
  return { period, used_bytes: usedBytes, limit_bytes: limitBytes, ends_at: new Date(endsAtMs).toISOString() }
}
