import type { EventEmitter } from 'node:events'
import type { Run } from './arguments/command-line.js'
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
  const { invocation, file, signals } = request
  if (request.workers > 1) {
    const { runWorkers } = await import('./workers/run-workers.js')
    return runWorkers(request, context)
  }
  const { closeOpenSockets } = await import('@ls/relay')
  // A second Ctrl-C, or a fault, ends the process in the middle of transfers.
  process.once('exit', closeOpenSockets)
  switch (invocation.command) {
    case 'run': {
      const { runRoles } = await import('./roles/run-roles.js')
      if (file === undefined) throw new TypeError('the command run has no file')
      const { settings } = invocation
      return runRoles({ file, watch: settings.watchConfig, environment: process.env, signals }, context)
    }
    case 'server': {
      const { runServer } = await import('./commands/server.js')
      return runServer(invocation.settings, context)
    }
    case 'status': {
      const { runStatus } = await import('./observe/status.js')
      return runStatus(invocation.target, invocation.settings, context)
    }
    case 'top': {
      const { runTop } = await import('./observe/top/run-top.js')
      return runTop(invocation.target, invocation.settings, context)
    }
    case 'nodes': {
      const { runNodes } = await import('./cluster/nodes.js')
      return runNodes(invocation.settings, context)
    }
    case 'ports': {
      const { runPorts } = await import('./tokens/ports.js')
      return runPorts(invocation.settings, context)
    }
    case 'doctor': {
      const { runDoctor } = await import('./doctor/run-doctor.js')
      return runDoctor(invocation.settings, context)
    }
    case 'restart': {
      const { runRestart } = await import('./life/ask-server.js')
      return runRestart(invocation.settings, context)
    }
    case 'drain': {
      const { runDrain } = await import('./life/ask-server.js')
      return runDrain(invocation.settings, context)
    }
    case 'log-level': {
      const { runLogLevel } = await import('./life/ask-server.js')
      return runLogLevel(invocation.words, invocation.settings)
    }
    case 'demo': {
      const { runDemo } = await import('./commands/demo.js')
      return runDemo(invocation.settings, context)
    }
    case 'token': {
      const { runToken } = await import('./tokens/token.js')
      return runToken(invocation.words, invocation.settings, context)
    }
    case 'connect': {
      const { runConnect } = await import('./commands/connect.js')
      return runConnect(invocation.target ?? '', invocation.settings, context)
    }
    case 'client':
    case 'connector':
    case 'provider': {
      const { runClient } = await import('./commands/client.js')
      const { command, settings } = invocation
      return runClient(command === 'provider' ? { ...settings, reverse: true } : settings, context)
    }
  }
}
