import {
  checkOptionNames,
  hasOption,
  type OptionGroup,
  type OptionNames,
  unknownOption,
  unknownOptionError,
} from '@ls/foundation'
import type { KeepaliveTiming } from '@ls/mux'
import { exitOptionNames, proxyOptionNames } from '@ls/relay'
import type { ClientOptions, ClientRole, ConnectorOptions, ForwardClientOptions } from './client-options.js'
import type { ClientLimits, ClientLinkOptions, ReconnectOptions } from './link-options.js'
import type { ProviderOptions } from './provider-options.js'
import type { ClientPorts, ClientProxyOptions, ProxyPlaces, UserLimits, UserOptions } from './user-options.js'

/**
 * Refuses unknown options, and those of other roles: a setting without effect hides a mistake, and a restriction
 * without effect leaves open what the user believes to be closed.
 *
 * @throws TypeError for an unknown option, RangeError for one of another role or an unknown role
 */
export function checkClientOptionNames(options: ClientOptions): void {
  const { role = 'client' } = options
  if (!Object.hasOwn(namesOf, role))
    throw new RangeError(`role is ${JSON.stringify(role)}; it must be ${listOf(roles)}`)
  const name = unknownOption(options, namesOf[role])
  if (name === undefined) return
  const others = roles.filter((other) => hasOption(name, namesOf[other]))
  if (others.length === 0) throw unknownOptionError(name, namesOf[role])
  throw new RangeError(`role "${role}" has no option \`${name}\`; it is for ${listOf(others)}`)
}

/** Refuses names that `changePorts` does not know. @throws TypeError that names one */
export function checkPortNames(ports: ClientPorts): void {
  checkOptionNames(ports, changeable)
}

const limits = {
  graceMs: true,
  handshakeTimeoutMs: true,
  windowBytes: true,
  replayLimitBytes: true,
  idleLimitMs: true,
} as const satisfies OptionNames<ClientLimits>

const link = {
  url: true,
  fallbackUrls: true,
  token: true,
  extensions: true,
  threads: true,
  heartbeat: { periodMs: true, timeoutMs: true, onRoundTrip: true } satisfies OptionNames<KeepaliveTiming>,
  reconnect: { delayMs: true, maxDelayMs: true, retryAuth: true } satisfies OptionNames<ReconnectOptions>,
  earlyDataBytes: true,
  serverProxies: true,
  proxyFromEnvironment: true,
  dns: true,
  transport: true,
  connect: true,
  logger: true,
  clock: true,
  batching: true,
  batchingTimeLimits: true,
  compressionThresholdBytes: true,
} as const satisfies OptionNames<ClientLinkOptions>

const proxy = {
  ...proxyOptionNames,
  host: true,
  port: true,
  tls: true,
  allowOrigins: true,
  access: true,
  nowait: true,
} as const satisfies OptionNames<ClientProxyOptions>

const user = {
  ...link,
  proxy,
  forwards: true,
  limits: {
    ...limits,
    linkWaitMs: true,
    maxPending: true,
    maxPendingPerAddress: true,
  } satisfies OptionNames<UserLimits>,
} as const satisfies OptionNames<UserOptions>

const provider = {
  ...link,
  role: true,
  direct: true,
  serverToken: true,
  exit: exitOptionNames,
  connectorTokens: true,
  exposes: true,
  limits,
} as const satisfies OptionNames<ProviderOptions>

const namesOf: Readonly<Record<ClientRole, OptionGroup>> = {
  client: { ...user, role: true } satisfies OptionNames<ForwardClientOptions>,
  connector: { ...user, role: true, direct: true } satisfies OptionNames<ConnectorOptions>,
  provider,
}

const changeable = {
  proxy: { host: true, port: true, listen: true, accounts: true } satisfies OptionNames<ProxyPlaces>,
  forwards: true,
} as const satisfies OptionNames<ClientPorts>

const roles = Object.keys(namesOf) as readonly ClientRole[]

function listOf(names: readonly ClientRole[]): string {
  return names.map((name) => `"${name}"`).join(' or ')
}
