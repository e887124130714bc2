import type { OptionNames } from '@ls/foundation'
import { exitOptionNames, proxyOptionNames } from '@ls/relay'
import type { ExposeOptions } from './expose-options.js'
import type { ServerLimits } from './server-limits.js'
import type { ServerOptions } from './server-options.js'
import type { ServerProxyOptions } from './server-proxy-options.js'

const proxy = {
  ...proxyOptionNames,
  host: true,
  nowait: true,
  portPool: true,
} as const satisfies OptionNames<ServerProxyOptions>

const expose = {
  allowPorts: true,
  allowHosts: true,
  httpPort: true,
  httpsPort: true,
  host: true,
} as const satisfies OptionNames<ExposeOptions>

const limits = {
  windowBytes: true,
  graceMs: true,
  replayLimitBytes: true,
  processBudgetBytes: true,
  maxGraceSessions: true,
  maxTokenGraceSessions: true,
  handshakeTimeoutMs: true,
  maxLinks: true,
  maxPending: true,
  maxPendingPerAddress: true,
  maxTokenChannels: true,
  maxChannels: true,
  idleLimitMs: true,
  providerWaitMs: true,
  connectorWaitMs: true,
  orphanedTokenMs: true,
} as const satisfies OptionNames<ServerLimits>

/** Names of all `ServerOptions`, to refuse options that do not exist. */
export const serverOptionNames = {
  host: true,
  port: true,
  tls: true,
  path: true,
  hostNames: true,
  fallback: true,
  trustedProxies: true,
  clientAddressHeader: true,
  proxyProtocol: true,
  allowOrigins: true,
  wisp: true,
  apiKey: true,
  dashboard: true,
  apiSocket: true,
  state: true,
  sessionOwners: true,
  nodes: true,
  relay: true,
  directPaths: true,
  addressPort: true,
  proxy,
  expose,
  exit: exitOptionNames,
  limits,
  authorize: true,
  policy: true,
  dns: true,
  extensions: true,
  writeMetrics: true,
  heartbeat: true,
  reload: true,
  showConfiguration: true,
  requestDrain: true,
  requestRestart: true,
  onConnectionEnd: true,
  setLogLevel: true,
  logger: true,
  clock: true,
  batching: true,
  batchingTimeLimits: true,
  compressionThresholdBytes: true,
} as const satisfies OptionNames<ServerOptions>
