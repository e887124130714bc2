import { defaultWindowBytes, extensions } from '@ls/codec'
import {
  checkDurationMs,
  checkInteger,
  checkOptionNames,
  type Given,
  inGroup,
  maxPort,
  optionGroup,
  loggerOfPart,
  systemClock,
} from '@ls/foundation'
import { checkKeepaliveTiming, checkSessionOptions, PendingConnections } from '@ls/mux'
import {
  type Account,
  ChannelSlots,
  type GuardLevel,
  outboundOptions,
  type OutboundWay,
  type ProxyPortOptions,
  proxyPortOptions,
} from '@ls/relay'
import { AllowedOrigins, parseTrustedProxies } from '@ls/transport'
import { defaultGuard } from '../default-guard.js'
import { descriptorLimit, filesOfHeap, shareDescriptors } from '../descriptor-limit.js'
import { HostPatterns } from '../expose/hosts/host-patterns.js'
import { PortRanges } from '../expose/port-ranges.js'
import { parseFallback } from '../fallback/fallback.js'
import { Policy } from '../policy/policy.js'
import { type ResolvedRelayOptions, resolveRelayOptions } from '../relay-mode/relay-options.js'
import type { ApiOptions } from './api-options.js'
import type { ExposeOptions } from './expose-options.js'
import { serverOptionNames } from './option-names.js'
import type { ServerLimits } from './server-limits.js'
import type { ServerOptions } from './server-options.js'
import type { ServerProxyOptions } from './server-proxy-options.js'

/** Default paths of links (protocol.md §1). */
export const defaultSocketPaths: readonly string[] = ['/socket', '/socket/']

/** Options with the defaults that more than one module needs. There are no groups here: `proxy.host` is `socksHost`. */
export type ResolvedServerOptions = Omit<
  ServerOptions,
  'api' | 'proxy' | 'expose' | 'exit' | 'limits' | 'policy' | 'relay'
> &
  Given<Pick<ServerOptions, 'host' | 'port' | 'hostNames' | 'extensions' | 'logger' | 'clock'>> &
  ResolvedApi &
  ResolvedProxy &
  ResolvedExpose &
  OutboundWay &
  ResolvedLimits & {
    /** Paths where links are opened. */
    readonly socketPaths: readonly string[]
    readonly guard: GuardLevel
    readonly policy: Policy | undefined
    readonly relay: ResolvedRelayOptions | undefined
  }

interface ResolvedApi extends Omit<ApiOptions, 'key' | 'socket'> {
  readonly apiKey: string | undefined
  readonly apiSocket: string | undefined
}

interface ResolvedProxy extends Omit<ProxyPortOptions, 'udp'> {
  readonly socksHost: string
  readonly socksListen: readonly string[]
  readonly socksAccounts: readonly Account[]
  readonly socksNowait: boolean
  readonly portPool: readonly [number, number]
  /** Limits of UDP associations at proxy ports; `udp` has those at the way out. */
  readonly socksUdp: ProxyPortOptions['udp']
}

interface ResolvedExpose extends Pick<ExposeOptions, 'allowPorts' | 'allowHosts'> {
  readonly exposeHost: string
  readonly exposeHttpPort: number | undefined
  readonly exposeHttpsPort: number | undefined
}

type ResolvedLimits = ServerLimits &
  Given<
    Pick<
      ServerLimits,
      | 'providerWaitMs'
      | 'connectorWaitMs'
      | 'orphanedTokenMs'
      | 'windowBytes'
      | 'graceMs'
      | 'processBudgetBytes'
      | 'maxGraceSessions'
      | 'maxTokenGraceSessions'
      | 'handshakeTimeoutMs'
      | 'maxLinks'
      | 'maxTokenChannels'
    >
  > & {
    /** Limit on pending connections, shared by all ports of the server. */
    readonly pending: PendingConnections
    /** Limit on the descriptors of channels, shared by all tokens. */
    readonly slots: ChannelSlots
  }

/**
 * Applies the defaults and checks names and ranges.
 *
 * @throws TypeError for an option that does not exist, RangeError for a value out of its range
 */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  checkOptionNames(options, serverOptionNames)
  const { api, proxy, expose, exit: way, limits, policy, relay, ...others } = options
  checkEarly(others)
  const host = options.host ?? '0.0.0.0'
  const ports = resolveProxy(optionGroup('proxy', proxy))
  const exposed = optionGroup('expose', expose)
  const exit = outboundOptions(optionGroup('exit', way))
  return {
    ...others,
    ...resolveApi(optionGroup('api', api)),
    ...ports,
    ...resolveExpose(exposed, host),
    ...exit,
    ...inGroup('limits', limits, () => resolveLimits(optionGroup('limits', limits))),
    socketPaths: options.path === undefined ? defaultSocketPaths : [normalPath(options.path)],
    policy: policy === undefined ? undefined : Policy.of(policy),
    relay: relay === undefined ? undefined : resolveRelayOptions(optionGroup('relay', relay)),
    hostNames: (options.hostNames ?? []).map(normalHostName),
    host,
    guard: exit.guard ?? defaultGuard(host, ports.socksListen, exposed.host),
    port: checkInteger('port', options.port ?? 8765, 0, maxPort),
    extensions: options.extensions ?? extensions,
    logger: loggerOfPart(options.logger, 'server'),
    clock: options.clock ?? systemClock,
  }
}

/** Checks options that are used only later, so that a mistake shows immediately. */
function checkEarly({ trustedProxies, allowOrigins, fallback, heartbeat }: ServerOptions): void {
  parseTrustedProxies(trustedProxies ?? [])
  void new AllowedOrigins(allowOrigins)
  if (fallback !== undefined) parseFallback(fallback)
  if (heartbeat !== undefined && heartbeat !== false) checkKeepaliveTiming(heartbeat, 'heartbeat')
}

function resolveApi({ key, socket, ...calls }: ApiOptions): ResolvedApi {
  if (key === '') throw new RangeError('api.key is empty; leave it out to keep the management API off')
  return { ...calls, apiKey: key, apiSocket: socket }
}

function resolveProxy(proxy: ServerProxyOptions): ResolvedProxy {
  const { udp, ...port } = proxyPortOptions(proxy)
  const { host = '127.0.0.1', listen = [], accounts = [], nowait = false, portPool = [1024, 10_240] } = proxy
  // A user who lists accounts expects a port that requires one.
  if (accounts.length > 0 && listen.length === 0)
    throw new RangeError('proxy.accounts are for the ports of proxy.listen, and there are none; tokens have their own')
  return {
    ...port,
    socksHost: host,
    socksListen: listen,
    socksAccounts: accounts,
    socksNowait: nowait,
    portPool: checkPortPool(portPool),
    socksUdp: udp,
  }
}

function resolveExpose({ allowPorts, allowHosts, ...ports }: ExposeOptions, host: string): ResolvedExpose {
  // Parsed here to find mistakes now; both are used only later.
  void new PortRanges(allowPorts ?? '')
  void new HostPatterns(allowHosts ?? [])
  for (const name of ['httpPort', 'httpsPort'] as const) checkInteger(`expose.${name}`, ports[name] ?? 0, 0, maxPort)
  return {
    allowPorts,
    allowHosts,
    exposeHost: ports.host ?? (host.startsWith('unix:') ? '127.0.0.1' : host),
    exposeHttpPort: ports.httpPort,
    exposeHttpsPort: ports.httpsPort,
  }
}

function resolveLimits(limits: ServerLimits): ResolvedLimits {
  // Checked now; they are first used when the first client connects.
  checkSessionOptions(limits)
  return {
    ...limits,
    ...descriptorOptions(limits),
    providerWaitMs: checkDurationMs('providerWaitMs', limits.providerWaitMs ?? 10_000, 0),
    connectorWaitMs: checkDurationMs('connectorWaitMs', limits.connectorWaitMs ?? 5000, 0),
    orphanedTokenMs: checkDurationMs('orphanedTokenMs', limits.orphanedTokenMs ?? 600_000, 0),
    windowBytes: checkInteger('windowBytes', limits.windowBytes ?? defaultWindowBytes, 1, 0xffffffff),
    graceMs: checkDurationMs('graceMs', limits.graceMs ?? 60_000, 0),
    processBudgetBytes: checkInteger('processBudgetBytes', limits.processBudgetBytes ?? 192 * mebibyte, mebibyte),
    maxGraceSessions: checkInteger('maxGraceSessions', limits.maxGraceSessions ?? 4096, 1, 1_000_000),
    maxTokenGraceSessions: checkInteger('maxTokenGraceSessions', limits.maxTokenGraceSessions ?? 1024, 1, 1_000_000),
    handshakeTimeoutMs: checkDurationMs('handshakeTimeoutMs', limits.handshakeTimeoutMs ?? 10_000),
  }
}

/** Limits that depend on the number of files this process may open. */
function descriptorOptions(
  limits: ServerLimits,
): Pick<ResolvedServerOptions, 'pending' | 'slots' | 'maxLinks' | 'maxTokenChannels'> {
  const shares = shareDescriptors(Math.min(descriptorLimit(), filesOfHeap()))
  const {
    maxPending = Math.min(4096, shares.pending),
    maxPendingPerAddress,
    maxTokenChannels = shares.tokenChannels,
  } = limits
  const { maxLinks = Math.min(10_000, shares.links) } = limits
  return {
    pending: new PendingConnections({ maxPending, maxPendingPerAddress }),
    slots: new ChannelSlots({ limit: shares.channels, what: 'channels of all tokens (ulimit -n)' }),
    maxLinks: checkInteger('maxLinks', maxLinks, 1, 1_000_000),
    maxTokenChannels: checkInteger('maxTokenChannels', maxTokenChannels, 1),
  }
}

/**
 * Normalizes a path to the form of requests: percent-encoded, with a slash in front. @throws RangeError for anything
 * but a path
 */
function normalPath(text: string): string {
  if (/[?#\s]/.test(text)) throw new RangeError(`the path "${text}" has a space, "?" or "#" in it; paths have none`)
  return new URL(`http://localhost${text.startsWith('/') ? '' : '/'}${text}`).pathname
}

/**
 * Removes the port of a host name, since requests are compared without theirs. @throws RangeError for anything but a
 * host name
 */
function normalHostName(name: string): string {
  const url = `http://${name}`
  if (!URL.canParse(url) || !/^[^/?#@\s]+$/.test(name)) throw new RangeError(`"${name}" is no host name`)
  return new URL(url).hostname.replace(/\.$/, '')
}

const mebibyte = 1_048_576

function checkPortPool([first, last]: readonly [number, number]): readonly [number, number] {
  checkInteger('proxy.portPool[0]', first, 1, maxPort)
  checkInteger('proxy.portPool[1]', last, first, maxPort)
  return [first, last]
}

type Believed = Pick<ServerOptions, 'trustedProxies' | 'clientAddressHeader' | 'proxyProtocol'>

/** Options that say which reported client addresses are trusted. */
export function believedProxies({ trustedProxies, clientAddressHeader, proxyProtocol }: Believed): Believed {
  return {
    trustedProxies,
    clientAddressHeader,
    proxyProtocol,
  }
}
