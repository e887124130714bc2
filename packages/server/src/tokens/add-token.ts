import { ServerError } from '../errors.js'
import type { ResolvedServerOptions } from '../options.js'
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

/** Where a reverse token gets its place. */
export interface ReversePlaces {
  readonly tokens: TokenRegistry
  readonly groups: ReverseGroups
  readonly server: ResolvedServerOptions
}

/** Adds a token of clients whose traffic leaves here. @throws ServerError when it is taken */
export function addForward(token: string, options: TokenOptions, tokens: TokenRegistry): string {
  return tokens.add({ kind: 'forward', token, ...policyOf(options) }).token
}

/**
 * Adds a token of providers with its group and SOCKS port, or nothing.
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
  const more = { allowManageConnector, ports: request.ports, ...policyOf(request) }
  const record = { kind: 'reverse' as const, token, ...place, ...login, ...more }
  // Checks that can fail come first.
  groups.add(record, socksNowait ?? server.socksNowait)
  tokens.add(record)
  return { token, port: port < 0 ? undefined : port } as AddedReverse<R>
}

/**
 * Adds a token of connectors. One that is there already and says the same is fine, but not one with a policy: the
 * caller would believe in a policy that is not in force.
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
    ...policyOf(options),
  }).token
}

function policyOf({ policy }: TokenOptions): { policy?: Policy } {
  return policy === undefined ? {} : { policy: Policy.of(policy) }
}
