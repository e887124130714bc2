import type { Given } from '@ls/foundation'
import type { Account, GuardLevel } from '@ls/relay'
import {
  defaultGuard,
  type ExposeOptions,
  type ServerLimits,
  type ServerOptions,
  type ServerProxyOptions,
} from '@ls/server'
import { defaultApiSocket } from '../api/api-call.js'
import { UsageError } from '../errors.js'
import type { Settings } from '../settings.js'
import { proxyAccounts } from './accounts.js'
import { relayOptions } from './relay-options.js'
import { definedOnly, exitOptions, givenLimits, linkOptions, proxyOptions, sharedLimits } from './shared-options.js'
import { serverTls } from './tls-options.js'
import { webOptions } from './web-options.js'

export type ServerSettings = Settings<'server'>

/** Level of the guard. The library does not know the metrics port. @throws RangeError for an invalid place to listen */
export function guardOf(settings: ServerSettings): GuardLevel {
  const { guard, wsHost, metrics, exposeHost } = settings
  const { listen } = ownProxyOptions(settings, [])
  return guard ?? defaultGuard(wsHost, [...listen, ...(metrics === undefined ? [] : [metrics])], exposeHost)
}

/** Converts the settings to options of the library. */
export function serverOptions(settings: ServerSettings): ServerOptions {
  return {
    ...linkOptions(settings),
    ...serverTls(settings),
    ...webOptions(settings),
    ...relayOptions(settings),
    api: definedOnly({ key: settings.apiKey, socket: apiSocketOf(settings) }),
    ...authorizeOf(settings),
    directPaths: settings.directEnable,
    ...addressPortOf(settings),
    host: settings.wsHost,
    port: settings.wsPort,
    proxy: { ...proxyOptions(settings), host: settings.socksHost, nowait: settings.socksNowait },
    expose: exposeOptions(settings),
    exit: exitOptions(settings),
    limits: serverLimits(settings),
  }
}

/** @throws UsageError for a place of the port without the port */
function addressPortOf(settings: ServerSettings): Pick<ServerOptions, 'addressPort'> {
  const { directRendezvousUdp, directRendezvousHost: host, directRendezvousPort: port } = settings
  if (directRendezvousUdp) return { addressPort: definedOnly({ host, port: port === 0 ? undefined : port }) }
  if (host !== undefined || port !== 0)
    throw new UsageError('--direct-rendezvous-host and --direct-rendezvous-port belong to --direct-rendezvous-udp')
  return {}
}

function exposeOptions(settings: ServerSettings): ExposeOptions {
  return {
    allowPorts: settings.allowPorts,
    allowHosts: settings.allowHosts,
    host: settings.exposeHost,
    ...givenLimits({ httpPort: settings.exposeHttpPort, httpsPort: settings.exposeHttpsPort }),
  }
}

function serverLimits(settings: ServerSettings): ServerLimits {
  const { maxPending, maxPendingPerAddress, maxTokenChannels } = settings
  return {
    ...sharedLimits(settings),
    connectorWaitMs: settings.connectorWaitProvider,
    maxGraceSessions: settings.graceSessions,
    maxTokenGraceSessions: settings.tokenGraceSessions,
    processBudgetBytes: settings.memoryLimit,
    ...givenLimits({ maxPending, maxPendingPerAddress, maxTokenChannels }),
  }
}

function authorizeOf({ authorize: url, ...settings }: ServerSettings): Pick<ServerOptions, 'authorize'> {
  if (url === undefined) return {}
  const { authorizeAt: at, authorizeFailure: onFailure, authorizeTimeout: timeoutMs } = settings
  return { authorize: { url, at, onFailure, timeoutMs } }
}

function apiSocketOf({ apiSocket }: ServerSettings): string | undefined {
  return apiSocket === 'default' ? defaultApiSocket(process.env) : apiSocket
}

/** The server's own proxy ports, and who may use them. */
type OwnProxy = Given<Pick<ServerProxyOptions, 'listen' | 'accounts'>>

/**
 * Options of the server's own proxy ports. Where traffic leaves here, the server may have such ports; otherwise they
 * belong to the reverse token.
 */
export function ownProxyOptions(
  { reverse, socksListen, socksUsername, socksPassword }: ServerSettings,
  accounts: readonly Account[],
): OwnProxy {
  if (reverse || socksListen.length === 0) return { listen: [], accounts: [] }
  return { listen: socksListen, accounts: proxyAccounts({ socksUsername, socksPassword }, accounts) }
}
