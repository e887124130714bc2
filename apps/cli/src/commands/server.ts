import type { ClusterNode } from '@ls/cluster'
import { formatExposure, formatListenAddress } from '@ls/relay'
import { type ApiOptions, LinkSocksServer, type OwnersInFolder, type ServerOptions, ServerState } from '@ls/server'
import { openServerCertificate, type ServerCertificate } from '../certificates/server-certificate.js'
import { makeClusterNode } from '../cluster/cluster-node.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { askedToEnd, drainIfAsked } from '../life/draining.js'
import { type MetricsPort, metricsWriter, openStatus } from '../observe/metrics-port.js'
import { readAccounts } from '../options/accounts.js'
import { asUsage } from '../options/check-settings.js'
import { checkServer, hasApi, exposureWarnings, serverWarnings } from '../options/server-checks.js'
import { type ServerSettings, guardOf, serverOptions, ownProxyOptions } from '../options/server-options.js'
import { definedOnly } from '../options/shared-options.js'
import { hasDashboard, printAccess } from '../output/server-access.js'
import { generatedByWorkers, GeneratedTokens } from '../tokens/generated-tokens.js'
import { exposeForTokens, registerTokens, type RegisteredToken, type TokensRequest } from '../tokens/server-tokens.js'
import { exposedHere, workerApiOptions } from '../workers/worker-server.js'
import { type CommandContext, graceMs, logOpenChannels } from './context.js'
import { explainListenFailure, type ListenPort, proxyPort, webSocketPort } from './listen-failure.js'

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
export interface ServerRequest extends TokensRequest {
  /** Name that distinguishes it from other servers of the program. @default 'server' */
  readonly name?: string
  /** Shows the configuration and reads it again, for the API. @default none */
  readonly configuration?: ConfigurationAccess
}

export type ConfigurationAccess = Required<Pick<ApiOptions, 'reload' | 'showConfiguration'>>

/** A server that listens. */
export interface RunningServer {
  readonly server: LinkSocksServer
  /** Tokens in the order of the settings: each token, then those of its connectors. */
  readonly tokens: readonly RegisteredToken[]
  /** Source of generated tokens. */
  readonly made: GeneratedTokens
  /** Accepts nothing new; resolves when nothing is open any more, or after `timeoutMs`. */
  readonly drain: (timeoutMs: number) => Promise<void>
  /** Gives open channels time to finish, unless they had it in a drain. */
  close(): Promise<void>
}

/** Starts a server; undefined if the process received a signal to end. @throws UsageError, or why it cannot listen */
export async function startServer(request: ServerRequest, context: CommandContext): Promise<RunningServer | undefined> {
  const { settings } = request
  const { logger, stop } = context
  checkServer(settings)
  for (const warning of serverWarnings(settings)) logger.warn({}, warning)
  const parts = await openParts(request, context)
  const { state, node, certificate, status } = parts
  const writeMetrics = metricsWriter(() => server.snapshot())
  const options = optionsOf(request, { ...parts, writeMetrics }, context)
  const server: LinkSocksServer = asUsage('', () => new LinkSocksServer(options))
  const made = new GeneratedTokens(generatedByWorkers(context.worker, nameOf(request)) ?? state)
  const tokens = asUsage('', () => registerTokens(server, request, made.maker()))
  context.redactor.addAll([...passwordsOf(request), ...tokens.map(({ token }) => token)])
  asUsage('--expose', () => exposeForTokens(server, exposedHere(settings.expose, context.worker), tokens))
  const ports = [webSocketPort(settings), proxyPort(settings)]
  report(server, ports, context)
  try {
    status.port = await openStatus(settings, () => server.snapshot(), context)
    // Before clients come: one whose token only the other nodes have would be refused permanently.
    await node?.join(server, { signal: stop })
    await server.listen({ signal: stop })
    await state?.save()
  } catch (error) {
    certificate.close()
    await server.close()
    await node?.close()
    await status.port?.close()
    if (stop.aborted) return undefined
    throw explainListenFailure(error, ports)
  }
  for (const warning of exposureWarnings(settings)) logger.warn({}, warning)
  await printAccess({ server, settings, tokens, pin: certificate.pin, isTls: options.tls !== undefined }, context)
  return { server, tokens, made, ...endOf(server, request, parts, context) }
}

/** Parts of a server that are opened before it. */
interface ServerParts {
  readonly state: ServerState | undefined
  readonly certificate: ServerCertificate
  readonly node: ClusterNode | undefined
  /** Undefined for a node of a cluster. It drains instead: its clients link to other nodes. */
  readonly handover: CommandContext['restart']
  readonly owners: OwnersInFolder | undefined
  /** The port for metrics, once it is open. */
  readonly status: { port: MetricsPort | undefined }
}

async function openParts(request: ServerRequest, context: CommandContext): Promise<ServerParts> {
  const { settings } = request
  const state = await openState(request, context)
  const certificate = await openServerCertificate(settings, context)
  const node = await makeClusterNode(settings, context.logger, context.worker)
  const handover = node === undefined ? context.restart : undefined
  return { state, certificate, node, handover, owners: handover?.makeOwners(), status: { port: undefined } }
}

/** All options of the server. @throws UsageError */
function optionsOf(
  request: ServerRequest,
  { state, certificate, node, handover, owners, status, writeMetrics }: ServerParts & Pick<ApiOptions, 'writeMetrics'>,
  { logger, levels, worker, draining, accessLog }: CommandContext,
): ServerOptions {
  const { settings } = request
  const planned = plannedOptions(request)
  return {
    ...planned,
    ...certificate.options,
    ...definedOnly({ state, nodes: node, sessionOwners: node ?? owners, onConnectionEnd: accessLog?.add }),
    api: {
      ...planned.api,
      ...dashboardOption(settings),
      writeMetrics,
      setLogLevel: (level: string, part: string | undefined) => levels.set(level, part),
      requestDrain: () => draining.request(),
      requestRestart: handover?.requestIfPossible,
      ...(worker && node ? workerApiOptions(worker, node, hasApi(settings)) : {}),
    },
    logger,
    exit: { ...planned.exit, ownPorts: () => status.port?.ports ?? [] },
  }
}

/** Prints and logs what happens to ports of the server. */
function report(server: LinkSocksServer, ports: readonly ListenPort[], { logger, print }: CommandContext): void {
  // The library has logged the error itself, but without the flag; where no flag is to blame, there is nothing to add.
  server.on('error', (error) => {
    const explained = explainListenFailure(error, ports)
    if (explained !== error) logger.error({}, explained.message)
  })
  server.on('exposed', (exposure) => print(`exposed: ${formatExposure(exposure)}`))
  server.on('socksListening', (address) => print(`proxy: ${formatListenAddress(address)}`))
}

/** The ways in which a server that listens ends. */
function endOf(
  server: LinkSocksServer,
  request: ServerRequest,
  { state, certificate, node, handover, owners, status }: ServerParts,
  { draining, logger, restart, stop, worker }: CommandContext,
): Pick<RunningServer, 'drain' | 'close'> {
  const ended = addToRestart({ name: nameOf(request), server, state, owners }, handover)
  return {
    drain: async (timeoutMs) => {
      const isHandedOver = restart?.isHandedOver === true || worker?.isLeaving === true
      if (worker?.isLeavingWithAll === true) node?.leaveWithAll()
      if (isHandedOver) certificate.close()
      await Promise.all([
        server.drain({ timeoutMs, isHandedOver }),
        restart?.isHandedOver === true ? status.port?.close() : undefined,
      ])
    },
    close: async () => {
      certificate.close()
      const isDrained = draining.signal.aborted && !stop.aborted
      if (!isDrained) logOpenChannels([...server.channels()].length, logger)
      await server.close({ graceMs: isDrained ? 0 : graceMs })
      await node?.close()
      await ended()
      await status.port?.close()
    },
  }
}

function nameOf({ name = 'server' }: ServerRequest): string {
  return name
}

/** Opens the state: that of the previous process, otherwise that of the file. */
async function openState(request: ServerRequest, { restart, worker }: CommandContext) {
  const { settings } = request
  // The primary has the state of workers.
  if (worker !== undefined) return undefined
  if (restart !== undefined) return restart.stateOf(nameOf(request), settings.state)
  return settings.state === undefined ? undefined : ServerState.open(settings.state)
}

interface Restartable {
  readonly name: string
  readonly server: LinkSocksServer
  readonly state: ServerState | undefined
  readonly owners: OwnersInFolder | undefined
}

/** Adds the server to the parts that a restart hands over; returns a function that removes it. */
function addToRestart(
  { name, server, state, owners }: Restartable,
  restart: CommandContext['restart'],
): () => Promise<void> {
  if (restart === undefined || state === undefined || owners === undefined) return async () => {}
  let opened: Promise<void> | undefined
  // A previous attempt may have opened it.
  const listenForPassed = (): Promise<void> => (opened ??= server.ports.listenForPassed(owners.ownPath))
  return restart.add({ name, state, listenForPassed })
}

/**
 * Options of a server with its own proxy ports, but without those that need a file or the process. @throws UsageError
 */
export function plannedOptions({ settings, configuration }: ServerRequest): ServerOptions {
  const own = ownProxyOptions(settings, readAccounts(settings))
  const guard = asUsage('', () => guardOf(settings))
  const { api, proxy, exit, ...options } = serverOptions(settings)
  return { ...options, api: { ...api, ...configuration }, proxy: { ...proxy, ...own }, exit: { ...exit, guard } }
}

function passwordsOf({ settings, moreTokens = [] }: ServerRequest): readonly string[] {
  return [settings, ...moreTokens].flatMap((each) => readAccounts(each).map(({ password }) => password))
}

/** Option for the dashboard, which is loaded when a user first opens it. */
function dashboardOption(settings: ServerSettings): Pick<ApiOptions, 'dashboard'> {
  if (!hasDashboard(settings)) return {}
  return { dashboard: () => import('@ls/dashboard').then(({ dashboardFiles }) => dashboardFiles()) }
}
