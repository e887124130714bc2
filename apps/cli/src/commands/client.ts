import { ClientError, type ClientLinkOptions, type ClientOptions, LinkSocksClient } from '@ls/client'
import type { Logger } from '@ls/foundation'
import { type ExitOptions, formatExposure, formatForward, formatListenAddress } from '@ls/relay'
import { redactUrl, parseServerUrl } from '@ls/transport'
import { exitCode, type ExitCode } from '../exit-code.js'
import { askedToEnd, drainIfAsked } from '../life/draining.js'
import { openDashboard } from '../observe/client-dashboard.js'
import { openMetrics } from '../observe/metrics-port.js'
import { readAccounts } from '../options/accounts.js'
import { asUsage } from '../options/check-settings.js'
import { checkClient, exposedSecrets } from '../options/client-checks.js'
import { type ClientSettings, clientOptions } from '../options/client-options.js'
import { tlsWarnings } from '../options/tls-options.js'
import { KeptServerToken } from '../tokens/kept-server-token.js'
import { type CommandContext, graceMs, logOpenChannels } from './context.js'
import { openDisguise } from './disguise.js'
import { explainListenFailure, proxyPort } from './listen-failure.js'

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
    const { value, code } = serverToken
    client = makeClient(settings, context, { link: disguise.options, exit, serverToken: value, code })
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
  /** Code that a relay has made up for this provider. */
  readonly code: string | undefined
}

function makeClient(settings: ClientSettings, context: CommandContext, more: ProcessOptions): LinkSocksClient {
  const { logger, redactor } = context
  for (const warning of [...tlsWarnings(settings), ...exposedSecrets(settings)]) logger.warn({}, warning)
  if (!settings.reverse) redactor.add(...readAccounts(settings).map(({ password }) => password))
  const options = withProcess(clientOptions(settings), more)
  return asUsage('', () => new LinkSocksClient({ ...options, logger }))
}

function withProcess(options: ClientOptions, { link, exit, serverToken, code }: ProcessOptions): ClientOptions {
  if (options.role !== 'provider') return { ...options, ...link }
  const connectorTokens = code === undefined ? options.connectorTokens : [code]
  return { ...options, ...link, connectorTokens, serverToken, exit: { ...options.exit, ...exit } }
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
  // Without a link nothing is open that a drain could wait for.
  const ending = AbortSignal.any([stop, draining.signal])
  const failure = await startClient(client, ending).then(
    () => undefined,
    (error: unknown) => explainFailure(error, settings),
  )
  if (failure !== undefined) {
    if (ending.aborted) return exitCode.ok
    throw failure
  }
  service.ready()
  if (settings.reverse) print(`linked: ${redactUrl(parseServerUrl(settings.url))}`)
  const end = await Promise.race([client.closed, askedToEnd({ stop, draining })])
  if (end instanceof Error) throw explainFailure(end, settings)
  await drainIfAsked({ stop, draining }, (ms) => client.close({ graceMs: ms }))
  logOpenChannels(client.channelCount, logger)
  await client.close({ graceMs })
  return exitCode.ok
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
  const refusal = error instanceof ClientError ? error : undefined
  if (refusal?.code === 'ERR_CLIENT_CONNECTOR_REFUSED')
    return new Error(`${refusal.message}; give another one with --connector-token (-c)`, { cause: error })
  if (refusal?.code !== 'ERR_CLIENT_REFUSED') return explainListenFailure(error, [proxyPort(settings)])
  const hint = tokenHint(refusal.message, settings)
  return hint === undefined ? refusal : new Error(`${refusal.message}; ${hint}`, { cause: error })
}

/** Hint for a refused token; undefined where the server's own words tell what to do. */
function tokenHint(refusal: string, { token, reverse }: ClientSettings): string | undefined {
  if (token === undefined) return 'give a token with --token (-t) or LINKSOCKS_TOKEN'
  if (!/invalid token(?!:)/.test(refusal)) return undefined
  return reverse ? 'check --token (-t)' : 'check --token (-t); if it is the code of a provider, that must connect first'
}
