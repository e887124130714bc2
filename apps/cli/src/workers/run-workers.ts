import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Run } from '../arguments/command-line.js'
import type { CommandContext } from '../commands/context.js'
import type { ConfigFile } from '../config/config-file.js'
import { UsageError } from '../errors.js'
import type { ExitCode } from '../exit-code.js'
import { serverChecks } from '../options/server-checks.js'
import { checkWorkers } from './check-workers.js'
import { Primary } from './primary.js'

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
  if (invocation.command === 'server') {
    for (const check of serverChecks(invocation.settings)) check()
    checkWorkers(invocation.settings)
  } else if (file !== undefined) await checkFile(file)
  const { Broker } = await import('@ls/cluster')
  // The primary accepts connections and gives them to the workers in turn. Workers that accept for themselves would
  // share them unevenly, and links last for hours.
  cluster.schedulingPolicy = cluster.SCHED_RR
  const exec = fileURLToPath(new URL('../../bin/linksocks.js', import.meta.url))
  cluster.setupPrimary({ exec, args: process.argv.slice(2) })
  const options = { count: workers, forks: cluster, broker: new Broker(), signals: process, environment: process.env }
  return new Primary(options, context).run()
}

async function checkFile(file: ConfigFile): Promise<void> {
  const [{ checkRoles }, { serverSettings }] = await Promise.all([
    import('../config/check-roles.js'),
    import('../config/role-settings.js'),
  ])
  const [role, second] = file.roles
  if (role?.kind !== 'server' || second !== undefined)
    throw new UsageError('--workers needs a file with one server and nothing else: each process would start the others')
  await checkRoles(file)
  checkWorkers(serverSettings(role))
}
