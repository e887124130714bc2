import type { TokenStatus } from '../tokens/token-status.js'
import { type Answer, ApiRefusal, failure } from './answer.js'
import type { ApiCall } from './api-call.js'

/** `GET /api/tokens`: all of them with their policies, and without the tokens themselves. */
export function listTokens({ server }: ApiCall): Answer {
  return { status: 200, body: server.tokens().map(describe) }
}

/** `GET /api/token/{token}`: one token, in clear. */
export function showToken({ server, parameter }: ApiCall): Answer {
  const found = findToken(server.tokens(), parameter)
  if (found === undefined) return failure(404, 'token does not exist')
  return { status: 200, body: { token: found.token, ...describe(found) } }
}

/**
 * Finds a token by its text, its id or the name in its policy.
 *
 * @throws ApiRefusal 400 for a name of several tokens
 */
export function findToken(tokens: readonly TokenStatus[], reference: string): TokenStatus | undefined {
  const exact = tokens.find(({ token }) => token === reference) ?? tokens.find(({ id }) => id === reference)
  if (exact !== undefined || reference === '') return exact
  const [first, second] = tokens.filter(({ policy }) => policy?.name === reference)
  if (second === undefined) return first
  throw new ApiRefusal(400, 'several tokens have this name: use the id of one')
}

function describe({ id, kind, clients, port, policy, reverseId, kept }: TokenStatus): object {
  return {
    id,
    type: kind,
    clients_count: clients,
    kept,
    ...(port === undefined ? {} : { port }),
    ...(reverseId === undefined ? {} : { reverse_id: reverseId }),
    ...(policy === undefined ? {} : { policy }),
  }
}
