import { checkOptionNames, type OptionNames } from '@ls/foundation'
import type { ClientOptions } from './options.js'

/**
 * Refuses unknown options, and those that the role of a client would ignore: a setting without effect hides a mistake,
 * and a restriction without effect leaves open what the user believes to be closed. Empty lists and `false` count as
 * missing.
 *
 * @throws TypeError for an unknown option, RangeError for one of the other role; both name it
 */
export function checkRole(options: ClientOptions): void {
  checkOptionNames(options, parts)
  const { reverse = false } = options
  const ignored = reverse ? 'ports' : 'exit'
  const name = optionNames.find((each) => parts[each] === ignored && isGiven(options[each]))
  if (name === undefined) return
  throw new RangeError(
    reverse
      ? `a provider opens no ports, so it takes no \`${name}\``
      : `only a provider reaches targets: \`${name}\` needs \`reverse\``,
  )
}

/**
 * Part that each option belongs to. `ports`: the ports that programs connect to, and their connections; a provider has
 * none. `exit`: the code that reaches targets, in a provider only.
 */
const parts: OptionNames<ClientOptions, 'both' | 'ports' | 'exit'> = {
  url: 'both',
  connectorTokens: 'exit',
  socksHost: 'ports',
  socksPort: 'ports',
  socksListen: 'ports',
  forwards: 'ports',
  exposes: 'exit',
  socksTls: 'ports',
  allowOrigins: 'ports',
  socksUsername: 'ports',
  socksPassword: 'ports',
  socksAccounts: 'ports',
  inbound: 'ports',
  httpTransparent: 'ports',
  httpMaxHeadBytes: 'ports',
  maxPending: 'ports',
  maxPendingPerAddress: 'ports',
  openPorts: 'ports',
  socksNowait: 'ports',
  upstreamProxies: 'exit',
  routes: 'exit',
  upstreamHeaders: 'exit',
  upstreamTls: 'exit',
  sendProxy: 'exit',
  accessRules: 'both',
  guard: 'exit',
  ownPorts: 'exit',
  fastOpen: 'ports',
  earlyDataBytes: 'both',
  serverProxies: 'both',
  proxyFromEnvironment: 'both',
  connectTimeoutMs: 'exit',
  linkWaitMs: 'ports',
  dns: 'both',
  udp: 'both',
  udpAdvertise: 'ports',
  windowBytes: 'both',
  replayLimitBytes: 'both',
  idleLimitMs: 'both',
  transport: 'both',
  connect: 'both',
  direct: 'both',
  logger: 'both',
  clock: 'both',
  token: 'both',
  serverToken: 'exit',
  reverse: 'both',
  extensions: 'both',
  graceMs: 'both',
  handshakeDeadlineMs: 'both',
  reconnect: 'both',
  retryAuth: 'both',
  reconnectDelayMs: 'both',
  maxReconnectDelayMs: 'both',
  threads: 'both',
  heartbeat: 'both',
  batching: 'both',
  batchingTimeLimits: 'both',
  compressionThresholdBytes: 'both',
}

const optionNames = Object.keys(parts) as (keyof ClientOptions)[]

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}
