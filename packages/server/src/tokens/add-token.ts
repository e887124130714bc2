import { ServerError } from '../errors.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { Policy } from '../policy/policy.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { makeToken, type TokenRegistry } from './token-registry.js'
import {
  type AddedReverse,
  type ConnectorTokenRequest,
  faultOf,
  type ReverseTokenRequest,
  type TokenOptions,
} from './token-requests.js'

/** Parts that give a reverse token its port and group. */
export interface ReversePlaces {
  readonly tokens: TokenRegistry
  readonly groups: ReverseGroups
  readonly server: ResolvedServerOptions
}

/** Adds a token for clients whose traffic leaves here. @throws ServerError when it is taken */
export function addForward(token: string, options: TokenOptions, tokens: TokenRegistry): string {
  return tokens.add({ kind: 'forward', token, policy: policyOf(options) }).token
}

/**
 * Adds a token for providers with its group and SOCKS port; on an error, nothing is added.
 *
 * @throws ServerError, RangeError or TypeError, see `LinkSocksServer.addReverseToken`
 */
export function addReverse<R extends ReverseTokenRequest>(
  given: R | undefined,
  { tokens, groups, server }: ReversePlaces,
): AddedReverse<R> {
  const request: ReverseTokenRequest = given ?? {}
  const fault = faultOf(request)
  if (fault !== undefined) throw new RangeError(fault)
  const { token = makeToken(), username, password, socksNowait, allowManageConnector = false } = request
  tokens.assertFree(token)
  const port = groups.takePort(request)
  const host = request.socksHost ?? server.socksHost
  const login = { username, password, accounts: request.accounts ?? [] }
  const place = { port, host, listenOn: request.socksListen ?? [], socksNowait }
  const more = { allowManageConnector, ports: request.ports, policy: policyOf(request) }
  const record = { kind: 'reverse' as const, token, ...place, ...login, ...more }
  // The checks that can fail come first.
  groups.add(record, { socksNowait: socksNowait ?? server.socksNowait })
  tokens.add(record)
  return { token, port: port < 0 ? undefined : port } as AddedReverse<R>
}

/**
 * Adds a token for connectors. Adding the same token again is allowed, but not with a policy: it would not be applied,
 * and the caller would not notice.
 *
 * @throws ServerError when it is taken, or the reverse token is unknown
 */
export function addConnector(
  { token = makeToken(), reverseToken, sharesPolicy = false, ...options }: ConnectorTokenRequest,
  tokens: TokenRegistry,
): string {
  const reverse = tokens.findReverse(reverseToken)
  const known = tokens.find(token)
  const isSame = known?.kind === 'connector' && known.reverse === reverse && known.owner === undefined
  if (isSame && known.policy === undefined && options.policy === undefined) return token
  if (known !== undefined) throw new ServerError('ERR_SERVER_TOKEN_EXISTS', 'connector token already exists')
  return tokens.add({
    kind: 'connector' as const,
    token,
    reverse,
    owner: undefined,
    sharesPolicy,
    policy: policyOf(options),
  }).token
}

function policyOf({ policy }: TokenOptions): Policy | undefined {
  return policy && Policy.of(policy)
}
