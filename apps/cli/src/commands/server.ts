import type { Given } from '@ls/foundation'
import { type Account, formatExposure, formatListenAddress, type GuardLevel, isLoopback } from '@ls/relay'
import {
  checkPortRanges,
  defaultGuard,
  type ExposeOptions,
  LinkSocksServer,
  type OwnersInFolder,
  type ServerLimits,
  type ServerOptions,
  type ServerProxyOptions,
  ServerState,
} from '@ls/server'
import { openServerCertificate } from '../certificates/server-certificate.js'
import { checkCluster, makeClusterNode } from '../cluster/cluster-node.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { askedToEnd, drainIfAsked } from '../life/draining.js'
import { checkMetrics, type MetricsPort, metricsWriter, openMetrics } from '../observe/metrics-port.js'
import { hasDashboard, printAccess } from '../output/server-access.js'
import { relayOptions } from '../relay/relay-options.js'
import type { Settings } from '../settings.js'
import { defaultApiSocket } from '../tokens/api-call.js'
import { madeElsewhere, MadeTokens, type MakeToken } from '../tokens/made-tokens.js'
import { proxyAccounts, readAccounts } from './accounts.js'
import { asUsage, checkNetwork } from './check-settings.js'
import { type CommandContext, graceMs, tellWhatIsWaitedFor } from './context.js'
import { exposedFiles } from './exposed-files.js'
import { explainListenFailure, proxyPort, webSocketPort } from './listen-failure.js'
import {
  exposeForTokens,
  planToken,
  registerToken,
  type RegisteredToken,
  type TokenPlan,
  type TokenSettings,
} from './server-tokens.js'
import { definedOnly, exitOptions, givenLimits, linkOptions, proxyOptions, sharedLimits } from './shared-options.js'
import { serverTls } from './tls-options.js'
import { webOptions } from './web-options.js'

export type ServerSettings = Settings<'server'>
export type { TokenSettings } from './server-tokens.js'

/** Runs a server until the process receives a signal to end. */
export async function runServer(settings: ServerSettings, context: CommandContext): Promise<ExitCode> {
  const running = await startServer({ settings }, context)
  if (running === undefined) return exitCode.ok
  context.service.ready()
  context.restart?.ready()
  await askedToEnd(context)
  await drainIfAsked(context, running.drain)
  await running.close()
  return exitCode.ok
}

/** Configuration of a server to start. */
export interface ServerRequest {
  /** Name that distinguishes it from other servers of the program. @default 'server' */
  readonly name?: string
  readonly settings: ServerSettings
  /** Tokens besides that of the settings. With any, none is generated. @default none */
  readonly moreTokens?: readonly TokenSettings[]
  /** Shows the configuration and reads it again, for the API. @default none */
  readonly configuration?: ConfigurationAccess
}

export type ConfigurationAccess = Required<Pick<ServerOptions, 'reload' | 'showConfiguration'>>

/** A server that listens. */
export interface RunningServer {
  readonly server: LinkSocksServer
  /** Tokens in the order of {@link planTokens}: each token, then those of its connectors. */
  readonly tokens: readonly RegisteredToken[]
  /** Source of generated tokens. */
  readonly made: MadeTokens
  /** Accepts nothing new; resolves when nothing is open any more, or after `deadlineMs`. */
  readonly drain: (deadlineMs: number) => Promise<void>
  /** Gives open channels time to finish, unless they had it in a drain. */
  close(): Promise<void>
}

/** Starts a server; undefined if the process received a signal to end. @throws UsageError, or why it cannot listen */
export async function startServer(request: ServerRequest, context: CommandContext): Promise<RunningServer | undefined> {
  const { settings } = request
  const { logger, stop } = context
  checkServer(settings)
  for (const warning of serverWarnings(settings)) logger.warn({}, warning)
  const { name = 'server' } = request
  const { restart } = context
  const state = await openState(request, context)
  const certificate = await openServerCertificate(settings, context)
  const node = await makeClusterNode(settings, logger, context.worker)
  // A node of a cluster drains instead: its clients link to other nodes.
  const handover = node === undefined ? restart : undefined
  const owners = handover?.makeOwners()
  const writeMetrics = metricsWriter(() => server.snapshot())
  const planned = plannedOptions(request)
  const options = {
    ...planned,
    ...certificate.options,
    ...definedOnly({ state, nodes: node, sessionOwners: node ?? owners, requestRestart: handover?.requestIfPossible }),
    logger,
    writeMetrics,
    ...dashboardOption(settings),
    exit: { ...planned.exit, ownPorts: () => metrics?.ports ?? [] },
    setLogLevel: (level: string, part: string | undefined) => context.levels.set(level, part),
    ...definedOnly({ onConnectionEnd: context.accessLog?.add }),
    requestDrain: () => context.draining.request(),
  }
  let metrics: MetricsPort | undefined
  const server: LinkSocksServer = asUsage('', () => new LinkSocksServer(options))
  const made = new MadeTokens(madeElsewhere(context.worker, name) ?? state)
  const tokens = asUsage('', () => registerTokens(server, request, made.maker()))
  context.redactor.add(...passwordsOf(request), ...tokens.map(({ token }) => token))
  asUsage('--expose', () => exposeForTokens(server, settings.expose, tokens))
  const ports = [webSocketPort(settings), proxyPort(settings)]
  // The library has logged the error itself, but without the flag; where no flag is to blame, there is nothing to add.
  server.on('error', (error) => {
    const explained = explainListenFailure(error, ports)
    if (explained !== error) logger.error({}, explained.message)
  })
  server.on('exposed', (exposure) => context.print(`exposed: ${formatExposure(exposure)}`))
  server.on('socksListening', (address) => context.print(`proxy: ${formatListenAddress(address)}`))

  try {
    metrics = await openMetrics(settings, () => server.snapshot(), context)
    await server.listen({ signal: stop })
    await node?.join(server)
    await state?.save()
  } catch (error) {
    certificate.close()
    await server.close()
    await node?.close()
    await metrics?.close()
    if (stop.aborted) return undefined
    throw explainListenFailure(error, ports)
  }
  for (const warning of exposureWarnings(settings)) logger.warn({}, warning)
  await printAccess({ server, settings, tokens, pin: certificate.pin, isTls: options.tls !== undefined }, context)
  const ended = addToRestart({ name, server, state, owners }, handover)
  return {
    server,
    tokens,
    made,
    drain: async (deadlineMs) => {
      const { worker } = context
      const isHandedOver = restart?.isHandedOver === true || worker?.isLeaving === true
      if (worker?.isLeavingWithAll === true) node?.leaveWithAll()
      if (isHandedOver) certificate.close()
      await Promise.all([server.drain({ deadlineMs, isHandedOver }), isHandedOver ? metrics?.close() : undefined])
    },
    close: async () => {
      certificate.close()
      const isDrained = context.draining.signal.aborted && !stop.aborted
      if (!isDrained) tellWhatIsWaitedFor([...server.channels()].length, logger)
      await server.close({ graceMs: isDrained ? 0 : graceMs })
      await node?.close()
      ended()
      await metrics?.close()
    },
  }
}

/** Opens the state: that of the previous process, otherwise that of the file. */
async function openState({ name = 'server', settings }: ServerRequest, { restart }: CommandContext) {
  if (restart !== undefined) return restart.stateOf(name, settings.state)
  return settings.state === undefined ? undefined : ServerState.open(settings.state)
}

interface Restartable {
  readonly name: string
  readonly server: LinkSocksServer
  readonly state: ServerState | undefined
  readonly owners: OwnersInFolder | undefined
}

/** Adds the server to the parts that a restart hands over; returns a function that removes it. */
function addToRestart({ name, server, state, owners }: Restartable, restart: CommandContext['restart']): () => void {
  if (restart === undefined || state === undefined || owners === undefined) return () => {}
  let opened: Promise<void> | undefined
  // A previous attempt may have opened it.
  const listenForPassed = (): Promise<void> => (opened ??= server.ports.listenForPassed(owners.ownPath))
  return restart.add({ name, state, listenForPassed })
}

/** Checks the settings. @throws UsageError for settings that contradict each other */
function checkServer(settings: ServerSettings): void {
  for (const check of serverChecks(settings)) check()
}

/** The checks of `checkServer`, one for each kind of mistake. */
export function serverChecks(settings: ServerSettings): readonly (() => unknown)[] {
  return [
    () => checkNetwork(settings),
    () => checkMetrics(settings),
    () => checkCluster(settings),
    () => checkAccessRules(settings),
    () => asUsage('--allow-ports', () => checkPortRanges(settings.allowPorts ?? '')),
  ]
}

/**
 * Options of a server with its own proxy ports, but without those that need a file or the process. @throws UsageError
 */
export function plannedOptions({ settings, configuration }: ServerRequest): ServerOptions {
  const own = ownProxyOptions(settings, readAccounts(settings))
  const guard = asUsage('', () => guardOf(settings))
  const { proxy, exit, ...options } = serverOptions(settings)
  return { ...options, proxy: { ...proxy, ...own }, exit: { ...exit, guard }, ...configuration }
}

/** Level of the guard. The library does not know the metrics port. @throws RangeError for an invalid place to listen */
export function guardOf(settings: ServerSettings): GuardLevel {
  const { guard, wsHost, metrics, exposeHost } = settings
  const { listen } = ownProxyOptions(settings, [])
  return guard ?? defaultGuard(wsHost, [...listen, ...(metrics === undefined ? [] : [metrics])], exposeHost)
}

/** Registers all tokens. @throws UsageError, ServerError, RangeError or TypeError for an invalid one */
export function registerTokens(
  server: LinkSocksServer,
  request: ServerRequest,
  make?: MakeToken,
): readonly RegisteredToken[] {
  return planTokens(request).flatMap((plan) => registerToken(server, plan, make))
}

/** Tokens that a server needs. @throws UsageError for accounts that cannot be read */
export function planTokens({ settings, moreTokens = [] }: ServerRequest): readonly TokenPlan[] {
  const isAsked = settings.token !== undefined || (!hasApi(settings) && !settings.relay && moreTokens.length === 0)
  const all = isAsked ? [settings, ...moreTokens] : moreTokens
  return all.map((each) => planToken(each, readAccounts(each)))
}

function passwordsOf({ settings, moreTokens = [] }: ServerRequest): readonly string[] {
  return [settings, ...moreTokens].flatMap((each) => readAccounts(each).map(({ password }) => password))
}

/** Converts the settings to options of the library. */
export function serverOptions(settings: ServerSettings): ServerOptions {
  return {
    ...linkOptions(settings),
    ...serverTls(settings),
    ...webOptions(settings),
    ...relayOptions(settings),
    ...definedOnly({ apiKey: settings.apiKey, apiSocket: apiSocketOf(settings) }),
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

/** Option for the dashboard, which is loaded when a user first opens it. */
function dashboardOption(settings: ServerSettings): Pick<ServerOptions, 'dashboard'> {
  if (!hasDashboard(settings)) return {}
  return { dashboard: () => import('@ls/dashboard').then(({ dashboardFiles }) => dashboardFiles()) }
}

/** Whether the API may add tokens. */
function hasApi({ apiKey, apiSocket }: ServerSettings): boolean {
  return apiKey !== undefined || apiSocket !== undefined
}

/**
 * Checks access rules. @throws UsageError where they would have no effect: the user would believe targets to be closed
 */
function checkAccessRules(settings: ServerSettings): void {
  const { reverse, connectorAutonomy, accessRule, token } = settings
  if (accessRule.length === 0 || !reverse || !connectorAutonomy || (hasApi(settings) && token === undefined)) return
  throw new UsageError('--access-rule restricts nothing with --connector-autonomy (-a): give it to the providers')
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

/** Warnings about access that this setup gives to other users of this machine or network. */
function exposureWarnings({ tlsKey, accountFile, wsHost }: ServerSettings): string[] {
  const files = exposedFiles({ '--tls-key': tlsKey, '--account-file': accountFile })
  const isPublic = !wsHost.startsWith('unix:') && !isLoopback(wsHost)
  if (process.getuid?.() !== 0 || !isPublic) return files
  return [...files, `the server runs as root on a public port (${wsHost}): run it as a user of its own`]
}

function serverWarnings(settings: ServerSettings): string[] {
  const { reverse, connectorToken, connectorAutonomy, token, guard, accessRule } = settings
  const warnings: string[] = []
  if (!reverse && connectorToken.length > 0)
    warnings.push('--connector-token (-c) has no effect without --reverse (-r)')
  if (!reverse && connectorAutonomy) warnings.push('--connector-autonomy (-a) has no effect without --reverse (-r)')
  if (reverse && connectorAutonomy && connectorToken.length > 0) {
    warnings.push('--connector-token (-c) has no effect with --connector-autonomy (-a): providers bring the tokens')
  }
  if (reverse && hasApi(settings) && token === undefined) {
    warnings.push(
      '--reverse (-r) has no effect with --api-key (-k) or --api-socket and without --token (-t): the API makes the tokens',
    )
  }
  if (reverse && accessRule.length > 0 && connectorToken.length > 0) {
    warnings.push('--access-rule holds at the proxy port here; for connectors (-c) give it to the providers')
  }
  if (reverse && !hasApi(settings) && guard !== undefined) {
    warnings.push('--guard has no effect with --reverse (-r): traffic leaves at the providers, so give it to them')
  }
  return warnings
}
