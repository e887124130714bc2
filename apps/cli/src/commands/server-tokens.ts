import type { Account } from '@ls/relay'
import type { LinkSocksServer, PolicyOptions, ReverseTokenRequest } from '@ls/server'
import { definedOnly } from '../options/shared-options.js'
import type { Settings } from '../settings.js'
import type { MakeToken } from '../tokens/made-tokens.js'
import { checkedPolicy, readPolicyText } from '../tokens/read-policy.js'

/** Settings of one token of a server. */
export type TokenSettings = Pick<
  Settings<'server'>,
  | 'token'
  | 'reverse'
  | 'connectorToken'
  | 'connectorAutonomy'
  | 'socksHost'
  | 'socksPort'
  | 'socksListen'
  | 'socksUsername'
  | 'socksPassword'
  | 'socksNowait'
  | 'account'
  | 'accountFile'
  | 'policy'
>

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

export function planToken(settings: TokenSettings, accounts: readonly Account[]): TokenPlan {
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
