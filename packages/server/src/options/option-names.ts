import type { OptionNames } from '@ls/foundation'
import type { KeepaliveTiming } from '@ls/mux'
import { exitOptionNames, proxyOptionNames } from '@ls/relay'
import type { AuthorizeOptions } from '../authorize/authorize-options.js'
import type { AddressPortPlace } from '../direct/address-port.js'
import type { RelayOptions } from '../relay-mode/relay-options.js'
import type { ApiOptions } from './api-options.js'
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

const api = {
  key: true,
  socket: true,
  dashboard: true,
  writeMetrics: true,
  siblings: true,
  reload: true,
  showConfiguration: true,
  requestDrain: true,
  requestRestart: true,
  setLogLevel: true,
} as const satisfies OptionNames<ApiOptions>

const relay = {
  notice: true,
  keepMs: true,
  lifetimeMs: true,
  maxIdentities: true,
  maxAddressIdentities: true,
  maxCodes: true,
  maxLinks: true,
  maxAddressLinks: true,
  maxChannels: true,
  maxAddressChannels: true,
  dailyBytes: true,
  addressDailyBytes: true,
  bytesPerSecond: true,
  addressBytesPerSecond: true,
  judgeCode: true,
} as const satisfies OptionNames<RelayOptions>

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
  api,
  state: true,
  sessionOwners: true,
  nodes: true,
  relay,
  directPaths: true,
  addressPort: { host: true, port: true } satisfies OptionNames<AddressPortPlace>,
  proxy,
  expose,
  exit: exitOptionNames,
  limits,
  authorize: { url: true, at: true, onFailure: true, timeoutMs: true } satisfies OptionNames<AuthorizeOptions>,
  policy: true,
  dns: true,
  extensions: true,
  heartbeat: { periodMs: true, timeoutMs: true, onRoundTrip: true } satisfies OptionNames<KeepaliveTiming>,
  onConnectionEnd: true,
  logger: true,
  clock: true,
  batching: true,
  batchingTimeLimits: true,
  compressionThresholdBytes: true,
} as const satisfies OptionNames<ServerOptions>
