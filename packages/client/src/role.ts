import type { ClientOptions } from './options.js'

/**
 * Refuses what the role of a client would ignore: a setting without effect hides a mistake, and a restriction without
 * effect leaves open what its author believes closed. Empty lists and `false` count as not given.
 *
 * @throws RangeError that names the option
 */
export function checkRole(options: ClientOptions): void {
  const { reverse = false } = options
  const name = (reverse ? portOptions : exitOptions).find((each) => isGiven(options[each]))
  if (name === undefined) return
  throw new RangeError(
    reverse
      ? `a provider opens no ports, so it takes no \`${name}\``
      : `only a provider reaches targets: \`${name}\` needs \`reverse\``,
  )
}

/** Options of the ports that programs connect to, and of their connections; a provider has none. */
const portOptions = [
  'socksHost',
  'socksPort',
  'socksListen',
  'socksTls',
  'socksUsername',
  'socksPassword',
  'socksAccounts',
  'socksNowait',
  'allowOrigins',
  'forwards',
  'inbound',
  'httpTransparent',
  'httpMaxHeadBytes',
  'maxPending',
  'maxPendingPerAddress',
  'openPorts',
  'fastOpen',
  'udpAdvertise',
  'linkWaitMs',
] as const satisfies readonly (keyof ClientOptions)[]

/** Options of what reaches targets, which a provider alone does. */
const exitOptions = [
  'connectorTokens',
  'serverToken',
  'exposes',
  'upstreamProxies',
  'routes',
  'upstreamHeaders',
  'upstreamTls',
  'sendProxy',
  'guard',
  'ownPorts',
  'connectTimeoutMs',
] as const satisfies readonly (keyof ClientOptions)[]

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}
