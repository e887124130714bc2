import type {
  ClientLinkOptions,
  ClientOptions,
  ClientPorts,
  ClientProxyOptions,
  ForwardClientOptions,
  ProviderOptions,
} from '@ls/client'
import type { Settings } from '../settings.js'
import { proxyAccounts, readAccounts } from './accounts.js'
import { directOptions } from './direct-options.js'
import { exitOptions, givenLimits, linkOptions, proxyOptions, sharedLimits } from './shared-options.js'
import { clientTls, serverTls } from './tls-options.js'
import { readHeaders } from './web-options.js'

export type ClientSettings = Settings<'client'>

/** Converts the settings to options of the library. */
export function clientOptions(settings: ClientSettings): ClientOptions {
  const direct = directOptions(settings)
  if (settings.reverse) return { ...providerOptions(settings), direct }
  // A client with direct paths is a connector, whatever the command is called.
  return direct === undefined ? userOptions(settings) : { ...userOptions(settings), role: 'connector', direct }
}

/** Options of a client that opens ports. */
function userOptions(settings: ClientSettings): ForwardClientOptions {
  const { maxPending, maxPendingPerAddress } = settings
  return {
    ...clientLinkOptions(settings),
    ...changeablePorts(settings),
    role: 'client',
    proxy: {
      ...proxyOptions(settings),
      ...changeablePorts(settings).proxy,
      tls: listenTls(settings),
      allowOrigins: settings.allowOrigin,
      access: settings.accessRule,
      nowait: settings.socksNowait,
    },
    limits: { ...sharedLimits(settings), ...givenLimits({ maxPending, maxPendingPerAddress }) },
  }
}

/** The ports that a running client can change. */
export function changeablePorts(settings: ClientSettings): Required<ClientPorts> {
  return {
    proxy: {
      host: settings.socksHost,
      port: settings.socksPort,
      listen: settings.socksListen,
      accounts: proxyAccounts(settings, readAccounts(settings)),
    },
    forwards: settings.forward,
  }
}

/** The same options without ports. */
export function withoutPorts(options: ClientOptions): ClientOptions {
  return options.role === 'provider' ? options : { ...options, proxy: 'none', forwards: [] }
}

/** Options of a provider. */
function providerOptions(settings: ClientSettings): ProviderOptions {
  return {
    ...clientLinkOptions(settings),
    role: 'provider',
    exit: exitOptions(settings),
    connectorTokens: settings.connectorToken,
    exposes: settings.expose,
    limits: sharedLimits(settings),
  }
}

/** Options of the link to the server. */
function clientLinkOptions(settings: ClientSettings): ClientLinkOptions {
  return {
    ...linkOptions(settings),
    url: settings.url,
    fallbackUrls: settings.fallbackUrl,
    token: settings.token,
    reconnect: settings.noReconnect ? false : { retryAuth: settings.retryAuth },
    threads: settings.threads,
    serverProxies: settings.proxy,
    proxyFromEnvironment: !settings.noEnvProxy,
    earlyDataBytes: settings.earlyData,
    transport: { tls: clientTls(settings), headers: readHeaders(settings.header) },
  }
}

function listenTls({ tlsCert, tlsKey }: ClientSettings): ClientProxyOptions['tls'] {
  return serverTls({ tlsCert, tlsKey, tlsClientCa: undefined }).tls
}
