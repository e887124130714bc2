import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import type { Run } from '../arguments/command-line.js'
import { openServerCertificate } from '../certificates/server-certificate.js'
import type { CommandContext } from '../commands/context.js'
import type { ConfigFile } from '../config/config-file.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { type MetricsPort, openMetrics } from '../observe/metrics-port.js'
import { serverChecks } from '../options/server-checks.js'
import { serverOptions, type ServerSettings } from '../options/server-options.js'
import { checkWorkers } from './check-workers.js'
import { PrimarySocket } from './primary-socket.js'
import { Primary } from './primary.js'
import { WorkersState } from './workers-state.js'

/** A command to run in several processes. */
export interface WorkersRequest {
  readonly invocation: Run
  /** File of `linksocks run`; undefined for other commands. */
  readonly file: ConfigFile | undefined
  readonly workers: number
}

/** Runs the command in several processes until it is requested to end. @throws UsageError before it begins */
export async function runWorkers(request: WorkersRequest, context: CommandContext): Promise<ExitCode> {
  const { invocation, file, workers } = request
  const settings = await checked(invocation, file)
  const { Broker } = await import('@ls/cluster')
  // The workers read the certificate, which exists before they start.
  const certificate = settings.tlsDomain.length === 0 ? undefined : await openServerCertificate(settings, context)
  if (context.stop.aborted) return exitCode.ok
  const state = settings.state === undefined ? undefined : await WorkersState.open(settings.state, context.logger)
  // The primary accepts connections and gives them to the workers in turn. Workers that accept for themselves would
  // share them unevenly, and links last for hours.
  cluster.schedulingPolicy = cluster.SCHED_RR
  const exec = fileURLToPath(new URL('../../bin/linksocks.js', import.meta.url))
  cluster.setupPrimary({ exec, args: process.argv.slice(2) })
  const ports = (): readonly number[] => metrics?.ports ?? []
  const broker = new Broker(state)
  const options = { count: workers, forks: cluster, broker, state, signals: process, environment: process.env }
  let metrics: MetricsPort | undefined
  let socket: PrimarySocket | undefined
  const primary = new Primary({ ...options, ports, unreported: () => new LinkSocksServer().snapshot() }, context)
  try {
    const { api } = serverOptions(settings)
    if (api?.socket !== undefined) socket = await PrimarySocket.open(api.socket, primary.folder)
    metrics = await openMetrics(settings, () => primary.snapshot(), context)
    return await primary.run()
  } finally {
    certificate?.close()
    socket?.close()
    await metrics?.close()
    await state?.close()
  }
}

/** Settings of the server. @throws UsageError where it cannot have workers */
async function checked(invocation: Run, file: ConfigFile | undefined): Promise<ServerSettings> {
  const settings = invocation.command === 'server' ? invocation.settings : await settingsOf(file)
  for (const check of serverChecks(settings)) check()
  checkWorkers(settings)
  return settings
}

async function settingsOf(file: ConfigFile | undefined): Promise<ServerSettings> {
  const [{ checkRoles }, { serverSettings }] = await Promise.all([
    import('../config/checks/check-roles.js'),
    import('../config/role-settings.js'),
  ])
  const [role, second] = file?.roles ?? []
  if (file === undefined || role?.kind !== 'server' || second !== undefined)
    throw new UsageError('--workers needs a file with one server and nothing else: each process would start the others')
  await checkRoles(file)
  return serverSettings(role)
}
