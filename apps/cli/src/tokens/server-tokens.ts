import type { Account } from '@ls/relay'
import type { LinkSocksServer, PolicyOptions, ReverseTokenRequest } from '@ls/server'
import { UsageError } from '../errors.js'
import { readAccounts } from '../options/accounts.js'
import { hasApi } from '../options/server-checks.js'
import type { ServerSettings } from '../options/server-options.js'
import { definedOnly } from '../options/shared-options.js'
import type { TokenSettings } from '../settings.js'
import { doSteps, type Steps } from '../steps.js'
import type { MakeToken } from './generated-tokens.js'
import { checkedPolicy, readPolicyText } from './read-policy.js'

/** A token to register at the server. */
export interface TokenPlan {
  /** Text of the token; undefined for a generated one. */
  readonly token: string | undefined
  /** Policy of the token; it also applies to its connectors. */
  readonly policy: PolicyOptions | undefined
  /** Undefined for a token whose traffic leaves at the server. */
  readonly reverse: ReverseTokenRequest | undefined
  /** Tokens of connectors; undefined for a generated one. */
  readonly connectors: readonly (string | undefined)[]
}

export interface RegisteredToken {
  readonly name: 'token' | 'connector token'
  readonly token: string
  /** Whether it was generated here, so that it must be shown. */
  readonly isNew: boolean
  /** Command that uses it with this server. */
  readonly role: 'client' | 'provider' | 'connector'
}

function planToken(settings: TokenSettings, accounts: readonly Account[]): TokenPlan {
  const { token, reverse, connectorToken, connectorAutonomy } = settings
  const policy = settings.policy === undefined ? undefined : checkedPolicy(readPolicyText(settings.policy))
  if (!reverse) return { token, policy, reverse: undefined, connectors: [] }
  const request = {
    ...definedOnly({ token, username: settings.socksUsername, password: settings.socksPassword }),
    // In autonomy there is no port: each connector has its own.
    ...(connectorAutonomy ? { allowManageConnector: true } : portOf(settings)),
    socksHost: settings.socksHost,
    socksNowait: settings.socksNowait,
    accounts,
  }
  if (connectorAutonomy) return { token, policy, reverse: request, connectors: [] }
  return { token, policy, reverse: request, connectors: connectorToken.length === 0 ? [undefined] : connectorToken }
}

/** Adds a token with those of its connectors. @throws ServerError, RangeError or TypeError, and then adds none */
export function registerToken(
  server: LinkSocksServer,
  plan: TokenPlan,
  make: MakeToken = () => undefined,
): readonly RegisteredToken[] {
  const isNew = plan.token === undefined
  const token = plan.token ?? make('token')
  const options = definedOnly({ policy: plan.policy })
  if (plan.reverse === undefined)
    return [{ name: 'token', token: server.addForwardToken(token, options), isNew, role: 'client' }]
  const { token: reverseToken } = server.addReverseToken({ ...plan.reverse, ...options, ...definedOnly({ token }) })
  try {
    const connectors = plan.connectors.map((each) => ({
      ...registerConnector(server, each ?? make('connector token'), reverseToken),
      isNew: each === undefined,
    }))
    return [{ name: 'token', token: reverseToken, isNew, role: 'provider' }, ...connectors]
  } catch (error) {
    // The error below is the one to report.
    server.removeToken(reverseToken).catch(() => {})
    throw error
  }
}

/**
 * Makes a server open ports: `2222=TOKEN@localhost:22`. The token may be left out if the server has just one for
 * providers.
 *
 * @throws RangeError or ServerError for an invalid text, or an unknown token
 */
export function exposeForTokens(
  server: LinkSocksServer,
  texts: readonly string[],
  tokens: readonly RegisteredToken[],
): void {
  const own = tokens.filter(({ role }) => role === 'provider').map(({ token }) => token)
  for (const text of texts) {
    const [, place = '', token = own.length === 1 ? own[0] : undefined, target = ''] =
      /^([^=]*)=(?:(.*)@)?([^@]*)$/.exec(text) ?? []
    if (token === undefined)
      throw new RangeError(`"${place}=${target}" needs a token of providers: PORT=TOKEN@HOST:PORT`)
    server.expose(token, `${place}=${target}`)
  }
}

/** Adds a token of a connector. @throws ServerError */
export function registerConnector(
  server: LinkSocksServer,
  token: string | undefined,
  reverseToken: string,
): Omit<RegisteredToken, 'isNew'> {
  return {
    name: 'connector token',
    token: server.addConnectorToken({ ...definedOnly({ token }), reverseToken, sharesPolicy: true }),
    role: 'connector',
  }
}

function portOf({ socksPort, socksListen }: TokenSettings): Pick<ReverseTokenRequest, 'socksPort' | 'socksListen'> {
  return socksListen.length === 0 ? { socksPort } : { socksListen }
}

/** Tokens of a server, with the settings that decide which it needs. */
export interface TokensRequest {
  readonly settings: ServerSettings
  /** Tokens besides that of the settings. With any, none is generated. @default none */
  readonly moreTokens?: readonly TokenSettings[]
}

/** Registers all tokens. @throws UsageError, ServerError, RangeError or TypeError for an invalid one */
export function registerTokens(
  server: LinkSocksServer,
  request: TokensRequest,
  make?: MakeToken,
): readonly RegisteredToken[] {
  return doSteps(registerTokensInSteps(server, request, make))
}

/** Registers all tokens in steps. @throws as {@link registerTokens} */
export function* registerTokensInSteps(
  server: LinkSocksServer,
  request: TokensRequest,
  make?: MakeToken,
): Steps<readonly RegisteredToken[]> {
  const registered: RegisteredToken[] = []
  for (const plan of yield* planTokensInSteps(request)) {
    registered.push(...withPortOf(() => registerToken(server, plan, make)))
    yield
  }
  return registered
}

/** Registers a token. @throws UsageError for a port that another part of the server has */
function withPortOf<T>(register: () => T): T {
  try {
    return register()
  } catch (error) {
    const port = takenPort(error)
    if (port === undefined) throw error
    throw new UsageError(`--socks-port (-p): port ${port} is that of another part of this server`, { cause: error })
  }
}

/** The port in an error about one that another part of the server has; undefined for other errors. */
export function takenPort(error: unknown): string | undefined {
  const { code, message = '' } = (error ?? {}) as { readonly code?: unknown; readonly message?: string }
  return code === 'ERR_SERVER_PORT_TAKEN' ? (/\d+$/.exec(message)?.[0] ?? '') : undefined
}

/** Tokens that a server needs. @throws UsageError for accounts that cannot be read */
export function planTokens(request: TokensRequest): readonly TokenPlan[] {
  return doSteps(planTokensInSteps(request))
}

/** Tokens that a server needs, in steps. @throws UsageError */
export function* planTokensInSteps({ settings, moreTokens = [] }: TokensRequest): Steps<readonly TokenPlan[]> {
  const isAsked = settings.token !== undefined || (!hasApi(settings) && !settings.relay && moreTokens.length === 0)
  const all = isAsked ? [settings, ...moreTokens] : moreTokens
  const plans: TokenPlan[] = []
  for (const each of all) {
    plans.push(planToken(each, readAccounts(each)))
    yield
  }
  return plans
}
