import { type Extension, maxEarlyDataBytes } from '@ls/codec'
import { checkDurationMs, checkInteger, type Given, inGroup, loggerOfPart, maxPort, optionGroup } from '@ls/foundation'
import { type LinkSettings, type ResolvedLinkSettings, resolveLinkSettings } from '@ls/link'
import { PendingConnections } from '@ls/mux'
import {
  type InboundPlaces,
  type OutboundOptions,
  outboundOptions,
  type ProxyPortOptions,
  proxyPortOptions,
} from '@ls/relay'
import type { ClientOptions, ClientRole, ConnectorOptions, ForwardClientOptions } from './client-options.js'
import type { ClientLimits, ClientLinkOptions, DirectPathOptions } from './link-options.js'
import { checkClientOptionNames } from './option-names.js'
import type { ProviderOptions } from './provider-options.js'
import type { ClientProxyOptions, ProxyPlaces, UserOptions } from './user-options.js'

/** Options with their defaults, checked. */
export interface ResolvedClientOptions
  extends
    ResolvedLinkSettings,
    DirectPathOptions,
    Omit<ClientLinkOptions, keyof ResolvedLinkSettings | 'url' | 'fallbackUrls' | 'earlyDataBytes'>,
    Given<Pick<ClientLinkOptions, 'url' | 'fallbackUrls' | 'earlyDataBytes'>>,
    ResolvedUserOptions,
    ResolvedProviderOptions {
  readonly role: ClientRole
}

/** Options of ports, without ports for a provider. */
interface ResolvedUserOptions {
  /** The proxy port; undefined for none. */
  readonly proxy: ResolvedProxy | undefined
  readonly forwards: readonly string[]
  readonly linkWaitMs: number
  /** Limit on pending connections, shared by all ports of the client. */
  readonly pending: PendingConnections
}

/** The proxy port. */
export interface ResolvedProxy extends Pick<ClientProxyOptions, 'tls' | 'allowOrigins' | 'nowait'> {
  readonly places: InboundPlaces
  readonly port: ProxyPortOptions & { readonly accessRules: readonly string[] | undefined }
}

/** Options of a provider, empty for all others. */
interface ResolvedProviderOptions {
  /** How traffic leaves; undefined if none does. */
  readonly exit: OutboundOptions | undefined
  readonly connectorTokens: readonly string[]
  readonly exposes: readonly string[]
}

/**
 * Applies the defaults and checks names and ranges.
 *
 * @throws TypeError for an option that does not exist, RangeError for one of another role or out of its range
 */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  checkClientOptionNames(options)
  return options.role === 'provider' ? resolveProvider(options) : resolveUser(options)
}

function resolveUser({ proxy, forwards = [], limits, ...options }: ForwardClientOptions | ConnectorOptions) {
  const { linkWaitMs, maxPending, maxPendingPerAddress, ...shared } = optionGroup('limits', limits)
  return {
    ...resolveLink(options, shared, false),
    ...noExit,
    role: options.role ?? 'client',
    proxy: resolveProxy(proxy),
    forwards,
    linkWaitMs: checkDurationMs('limits.linkWaitMs', linkWaitMs ?? 10_000, 0),
    pending: inGroup('limits', limits, () => new PendingConnections({ maxPending, maxPendingPerAddress })),
  }
}

function resolveProvider({ exit, connectorTokens = [], exposes = [], limits, ...options }: ProviderOptions) {
  const settings = resolveLink(options, optionGroup('limits', limits), true)
  return {
    ...settings,
    ...noPorts,
    role: options.role,
    extensions: [...settings.extensions, ...(exposes.length > 0 ? [expose] : [])],
    exit: outboundOptions(optionGroup('exit', exit)),
    connectorTokens,
    exposes,
    pending: new PendingConnections(),
  }
}

function resolveLink<Options extends ClientLinkOptions>(
  { reconnect, ...options }: Options,
  limits: ClientLimits,
  reverse: boolean,
) {
  const { url = 'ws://localhost:8765', fallbackUrls = [], earlyDataBytes = 0 } = options
  checkInteger('fallbackUrls.length', fallbackUrls.length, 0, maxFallbackUrls)
  return {
    ...options,
    ...inGroup('limits', limits, () =>
      resolveLinkSettings({ ...options, ...limits, ...resolveReconnect(reconnect), reverse }),
    ),
    logger: loggerOfPart(options.logger, 'client'),
    url,
    fallbackUrls,
    earlyDataBytes: checkInteger('earlyDataBytes', earlyDataBytes, 0, maxEarlyDataBytes),
  }
}

function resolveReconnect(reconnect: ClientLinkOptions['reconnect']): LinkSettings {
  if (reconnect === false) return { reconnect }
  const { delayMs, maxDelayMs, retryAuth } = optionGroup('reconnect', reconnect, ' or false')
  if (delayMs !== undefined) checkDurationMs('reconnect.delayMs', delayMs)
  if (maxDelayMs !== undefined) checkDurationMs('reconnect.maxDelayMs', maxDelayMs)
  return { retryAuth, reconnectDelayMs: delayMs, maxReconnectDelayMs: maxDelayMs }
}

function resolveProxy(proxy: UserOptions['proxy']): ResolvedProxy | undefined {
  if (proxy === 'none') return undefined
  const { tls, allowOrigins, access, nowait = false, ...port } = optionGroup('proxy', proxy, ' or "none"')
  return {
    tls,
    allowOrigins,
    nowait,
    places: proxyPlaces(port),
    port: { ...proxyPortOptions(port), accessRules: access },
  }
}

/** Where the proxy listens, and for whom. @throws RangeError for a number that is no port */
export function proxyPlaces({ host, port = 9870, listen, accounts }: ProxyPlaces): InboundPlaces {
  return { host: host ?? '127.0.0.1', port: checkInteger('proxy.port', port, 0, maxPort), listenOn: listen, accounts }
}

/** A client opens no connections to targets. */
const noExit = { exit: undefined, connectorTokens: [], exposes: [] } as const

/** A provider opens no ports. */
const noPorts = { proxy: undefined, forwards: [], linkWaitMs: 0 } as const

/** Most further servers of a client: each one that does not answer delays the next by a second. */
const maxFallbackUrls = 15

/** Extension that a provider requests only if it has something to expose (protocol.md §3.7). */
const expose: Extension = 'expose'
