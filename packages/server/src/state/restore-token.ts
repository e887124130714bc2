import { ServerError } from '../errors.js'
import type { TokenRecord, TokenRegistry } from '../tokens/token-registry.js'
import type { ConnectorTokenRequest, ReverseTokenRequest, TokenOptions } from '../tokens/token-requests.js'
import type { StoredConnectorToken, StoredToken } from './state-content.js'

/** The part of the server that registers tokens; `LinkSocksServer` implements it. */
export interface TokenMaker {
  addForwardToken(token: string, options: TokenOptions): string
  addReverseToken(request: ReverseTokenRequest): unknown
  addConnectorToken(request: ConnectorTokenRequest): string
}

/** Registers a token of the state file. @throws ServerError when it is taken, or the one it leads to is missing */
export function restoreToken(stored: StoredToken, server: TokenMaker, tokens: TokenRegistry): TokenRecord {
  const { kind, token, policy } = stored
  const options = { policy }
  tokens.assertFree(token)
  if (stored.kind === 'forward') server.addForwardToken(token, options)
  else if (stored.kind === 'reverse') addReverse(stored, server)
  else addConnector(stored, server, tokens, options)
  const record = tokens.find(token)
  if (record?.kind === kind) return record
  throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'the token was not registered')
}

function addReverse(
  { kind: _kind, port, ...request }: StoredToken & { readonly kind: 'reverse' },
  server: TokenMaker,
): void {
  server.addReverseToken({ ...request, socksPort: port < 0 ? 'none' : port })
}

function addConnector(
  { token, reverseToken, owner, sharesPolicy = false }: StoredConnectorToken,
  server: TokenMaker,
  tokens: TokenRegistry,
  options: TokenOptions,
): void {
  server.addConnectorToken({ token, reverseToken, sharesPolicy, ...options })
  const record = tokens.find(token)
  if (record?.kind === 'connector') record.owner = owner
}
