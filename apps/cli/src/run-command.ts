import type { EventEmitter } from 'node:events'
import type { Run, RunOf } from './arguments/command-line.js'
import type { RunCommandName } from './command.js'
import type { CommandContext } from './commands/context.js'
import type { ConfigFile } from './config/config-file.js'
import type { ExitCode } from './exit-code.js'

/** A command to run. */
export interface RunWithFile {
  readonly invocation: Run
  /** File of `linksocks run`; undefined for other commands. */
  readonly file: ConfigFile | undefined
  /** Number of processes; with more than 1, this one only starts them. */
  readonly workers: number
  /** Source of signals. */
  readonly signals: EventEmitter
}

/** Runs a command. Each command loads only the modules that it needs. */
export async function runCommand(request: RunWithFile, context: CommandContext): Promise<ExitCode> {
  if (request.workers > 1) {
    const { runWorkers } = await import('./workers/run-workers.js')
    return runWorkers(request, context)
  }
  const { closeOpenSockets } = await import('@ls/relay')
  // A second Ctrl-C, or a fault, ends the process in the middle of transfers.
  process.once('exit', closeOpenSockets)
  const { invocation } = request
  // The table has the same names as the invocations.
  const run = runners[invocation.command] as (invocation: Run, ...more: RunnerParts) => Promise<ExitCode>
  return run(invocation, context, request)
}

type RunnerParts = [context: CommandContext, request: RunWithFile]
type Runner<Name extends RunCommandName> = (invocation: RunOf<Name>, ...more: RunnerParts) => Promise<ExitCode>

const runners: { readonly [Name in RunCommandName]: Runner<Name> } = {
  run: async ({ settings }, context, { file, signals }) => {
    const { runRoles } = await import('./roles/run-roles.js')
    if (file === undefined) throw new TypeError('the command run has no file')
    return runRoles({ file, watch: settings.watchConfig, environment: process.env, signals }, context)
  },
  server: async ({ settings }, context) => (await import('./commands/server.js')).runServer(settings, context),
  client: async ({ settings }, context) => (await import('./commands/client.js')).runClient(settings, context),
  connector: async ({ settings }, context) => (await import('./commands/client.js')).runClient(settings, context),
  provider: async ({ settings }, context) =>
    (await import('./commands/client.js')).runClient({ ...settings, reverse: true }, context),
  status: async ({ target, settings }, context) =>
    (await import('./commands/status.js')).runStatus(target, settings, context),
  top: async ({ target, settings }, context) =>
    (await import('./observe/top/run-top.js')).runTop(target, settings, context),
  nodes: async ({ settings }, context) => (await import('./commands/nodes.js')).runNodes(settings, context),
  ports: async ({ settings }, context) => (await import('./commands/ports.js')).runPorts(settings, context),
  doctor: async ({ settings }, context) => (await import('./doctor/run-doctor.js')).runDoctor(settings, context),
  restart: async ({ settings }, context) => (await import('./commands/ask-server.js')).runRestart(settings, context),
  drain: async ({ settings }, context) => (await import('./commands/ask-server.js')).runDrain(settings, context),
  'log-level': async ({ words, settings }) => (await import('./commands/ask-server.js')).runLogLevel(words, settings),
  demo: async ({ settings }, context) => (await import('./commands/demo.js')).runDemo(settings, context),
  token: async ({ words, settings }, context) =>
    (await import('./commands/token.js')).runToken(words, settings, context),
  connect: async ({ target, settings }, context) =>
    (await import('./commands/connect.js')).runConnect(target ?? '', settings, context),
}
