import {
  ClientError,
  type ClientLinkOptions,
  type ClientOptions,
  type ClientPorts,
  type ClientProxyOptions,
  type ForwardOptions,
  LinkSocksClient,
  type ProviderOptions,
} from '@ls/client'
import type { Logger } from '@ls/foundation'
import {
  type ExitOptions,
  formatExposure,
  formatForward,
  formatListenAddress,
  parseExposure,
  parseForward,
  parseUpstream,
} from '@ls/relay'
import { redactUrl, parseServerUrl } from '@ls/transport'
import { readQuickLink } from '../arguments/quick-link.js'
import { directOptions } from '../direct/direct-options.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { askedToEnd, drainIfAsked } from '../life/draining.js'
import { openDashboard } from '../observe/client-dashboard.js'
import { checkMetrics, openMetrics } from '../observe/metrics-port.js'
import { KeptServerToken } from '../relay/kept-server-token.js'
import type { Settings } from '../settings.js'
import { proxyAccounts, readAccounts } from './accounts.js'
import { asUsage, checkNetwork, checkUrl } from './check-settings.js'
import { type CommandContext, graceMs, tellWhatIsWaitedFor } from './context.js'
import { checkDisguise, openDisguise } from './disguise.js'
import { exposedFiles } from './exposed-files.js'
import { explainListenFailure, proxyPort } from './listen-failure.js'
import { exitOptions, givenLimits, linkOptions, proxyOptions, sharedLimits } from './shared-options.js'
import { clientTls, serverTls, tlsWarnings } from './tls-options.js'
import { readHeaders } from './web-options.js'

export type ClientSettings = Settings<'client'>

/** Runs a client, provider or connector until the process receives a signal to end, or the link is lost for good. */
export async function runClient(
  settings: ClientSettings,
  context: CommandContext,
  onMade?: (client: LinkSocksClient) => void,
): Promise<ExitCode> {
  checkClient(settings)
  let client: LinkSocksClient | undefined
  const serverToken = await KeptServerToken.open(settings)
  const disguise = await openDisguise(settings, context, { onReady: () => client?.retryNow() })
  try {
    const ownPorts: number[] = []
    const exit = { ownPorts: () => ownPorts }
    client = makeClient(settings, context, { link: disguise.options, exit, serverToken: serverToken.value })
    serverToken.watch(client, context)
    onMade?.(client)
    return await runObserved(client, settings, context, (ports) => void ownPorts.push(...ports))
  } finally {
    await disguise.close()
  }
}

/** Serves the addresses of `--metrics` and `--dashboard` as long as the client runs. */
async function runObserved(
  client: LinkSocksClient,
  settings: ClientSettings,
  context: CommandContext,
  onPorts: (ports: readonly number[]) => void,
): Promise<ExitCode> {
  const metrics = await openMetrics(settings, () => client.snapshot(), context)
  onPorts(metrics.ports)
  try {
    const dashboard = await openDashboard(settings, client, context)
    onPorts(dashboard.ports)
    try {
      return await runUntilEnd(client, settings, context)
    } finally {
      await dashboard.close()
    }
  } finally {
    await metrics.close()
  }
}

/** Options that are known only when the process runs. */
interface ProcessOptions {
  readonly link: ClientLinkOptions
  /** For a provider. */
  readonly exit: ExitOptions
  /** For a provider. */
  readonly serverToken: string | undefined
}

function makeClient(settings: ClientSettings, context: CommandContext, more: ProcessOptions): LinkSocksClient {
  const { logger, redactor } = context
  for (const warning of [...tlsWarnings(settings), ...clientWarnings(settings), ...exposedSecrets(settings)])
    logger.warn({}, warning)
  if (!settings.reverse) redactor.add(...readAccounts(settings).map(({ password }) => password))
  const options = withProcess(clientOptions(settings), more)
  return asUsage('', () => new LinkSocksClient({ ...options, logger }))
}

function withProcess(options: ClientOptions, { link, exit, serverToken }: ProcessOptions): ClientOptions {
  if (options.role !== 'provider') return { ...options, ...link }
  return { ...options, ...link, serverToken, exit: { ...options.exit, ...exit } }
}

async function runUntilEnd(
  client: LinkSocksClient,
  settings: ClientSettings,
  { stop, draining, service, print, logger }: CommandContext,
): Promise<ExitCode> {
  client.on('socksListening', (address) => print(`proxy: ${formatListenAddress(address)}`))
  client.on('forwardListening', (forward) => print(`forward: ${formatForward(forward)}`))
  client.on('exposed', (exposure) => print(`exposed: ${formatExposure(exposure)}`))
  hintAtScheme(client, settings, logger)
  const failure = await startClient(client, stop).then(
    () => undefined,
    (error: unknown) => explainFailure(error, settings),
  )
  if (failure !== undefined) {
    if (stop.aborted) return exitCode.ok
    throw failure
  }
  service.ready()
  if (settings.reverse) print(`linked: ${redactUrl(parseServerUrl(settings.url))}`)
  const end = await Promise.race([client.closed, askedToEnd({ stop, draining })])
  if (end instanceof Error) throw explainFailure(end, settings)
  await drainIfAsked({ stop, draining }, (ms) => client.close({ graceMs: ms }))
  tellWhatIsWaitedFor(client.channelCount, logger)
  await client.close({ graceMs })
  return exitCode.ok
}

/** Converts the settings to options of the library. */
export function clientOptions(settings: ClientSettings): ClientOptions {
  const direct = directOptions(settings)
  if (settings.reverse) return { ...providerOptions(settings), direct }
  // A client with direct paths is a connector, whatever the command is called.
  return direct === undefined ? userOptions(settings) : { ...userOptions(settings), role: 'connector', direct }
}

/** Options of a client that opens ports. */
function userOptions(settings: ClientSettings): ForwardOptions {
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

/** Starts a client; `stop` cancels the start. After the start, the client is closed gracefully instead of being cut. */
export async function startClient(client: LinkSocksClient, stop: AbortSignal): Promise<void> {
  const attempt = new AbortController()
  const abort = (): void => attempt.abort(stop.reason)
  if (stop.aborted) abort()
  stop.addEventListener('abort', abort, { once: true })
  try {
    await client.start({ signal: attempt.signal })
  } finally {
    stop.removeEventListener('abort', abort)
  }
}

/** Checks the settings. @throws UsageError for invalid ones */
export function checkClient(settings: ClientSettings): void {
  for (const check of clientChecks(settings)) check()
}

/** The checks of `checkClient`, one for each kind of mistake. */
export function clientChecks(settings: ClientSettings): readonly (() => unknown)[] {
  const { url, fallbackUrl, forward, expose, proxy } = settings
  return [
    () => checkNetwork(settings),
    () => checkUrl(url),
    ...fallbackUrl.map((each) => () => checkFallbackUrl(each)),
    () => checkDisguise(settings),
    () => checkMetrics(settings),
    ...forward.map((each) => () => asUsage('--forward', () => parseForward(each))),
    ...expose.map((each) => () => asUsage('--expose', () => parseExposure(each))),
    () => checkSide(settings),
    ...proxy.map((each) => () => asUsage('--proxy', () => parseUpstream(each))),
  ]
}

/** Refuses flags that belong to the other end of the link. */
function checkSide(settings: ClientSettings): void {
  if (!settings.reverse && settings.expose.length > 0) {
    throw new UsageError('--expose belongs where the targets are: give it to a provider, or to a server')
  }
  if (settings.reverse && settings.forward.length > 0) {
    throw new UsageError('--forward belongs where programs connect to: give it to a client or a connector')
  }
  if (settings.proxy.length > 0 && /^ws\+unix:/i.test(settings.url)) {
    throw new UsageError('--proxy: --url (-u) is a UNIX socket of this machine, which no proxy leads to')
  }
  const { route, guard = [] } = settings
  const [restriction] = Object.entries({ '--route': route, '--guard': guard })
    .filter(([, values]) => values.length > 0)
    .map(([flag]) => flag)
  if (settings.reverse || restriction === undefined) return
  // If a restriction were ignored, what the user wanted to close would stay open.
  throw new UsageError(`${restriction} belongs where traffic leaves: give it to the server or to a provider`)
}

function checkFallbackUrl(url: string): void {
  checkUrl(url, '--fallback-url')
  if (readQuickLink(url).token === undefined) return
  throw new UsageError('--fallback-url has a token; give it once, with --token (-t) or in --url')
}

function clientWarnings(settings: ClientSettings): readonly string[] {
  const { reverse, upstreamProxy, upstreamHeader, connectorToken, sendProxy } = settings
  if (reverse) return []
  const atExit = {
    '--upstream-proxy (-x)': upstreamProxy,
    '--upstream-header': upstreamHeader,
    '--send-proxy': sendProxy ?? [],
  }
  const warnings = Object.entries(atExit)
    .filter(([, values]) => values.length > 0)
    .map(([flag]) => `${flag} has no effect here: it belongs where traffic leaves, at the server or a provider`)
  if (connectorToken.length > 0) {
    warnings.push('--connector-token (-c) has no effect here: it is for providers; a connector shows its token with -t')
  }
  return warnings
}

/**
 * Logs a hint at the scheme: without one it is wss, but a server that was started without a certificate speaks ws, on
 * 8765.
 */
function hintAtScheme(client: LinkSocksClient, { url }: ClientSettings, logger: Logger): void {
  const hint = schemeHint(url)
  if (hint !== undefined) client.once('linkFailed', () => logger.warn({}, hint))
}

/** Hint for a user whose URL has no scheme and did not work. */
export function schemeHint(url: string): string | undefined {
  if (url.includes('://')) return undefined
  const { host, pathname } = parseServerUrl(url)
  const [name = '', port = '8765'] = host.split(/:(?=\d+$)/)
  const path = pathname === '/socket' ? '' : pathname
  return `--url (-u) has no scheme, so wss://${host} was tried; a server without TLS is ws://${name}:${port}${path}`
}

/** Error to show when a client cannot start or continue. */
export function explainFailure(error: unknown, settings: ClientSettings): Error {
  const refused = error instanceof ClientError && error.code === 'ERR_CLIENT_REFUSED'
  if (!refused || settings.token !== undefined) return explainListenFailure(error, [proxyPort(settings)])
  return new Error(`${error.message}; give a token with --token (-t) or LINKSOCKS_TOKEN`, { cause: error })
}

function exposedSecrets({ tlsKey, tlsClientKey, accountFile }: ClientSettings): string[] {
  return exposedFiles({ '--tls-key': tlsKey, '--tls-client-key': tlsClientKey, '--account-file': accountFile })
}
