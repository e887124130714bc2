import type { EventEmitter } from 'node:events'
import { unwatchFile, watchFile } from 'node:fs'
import type { Environment } from '../arguments/environment.js'
import type { CommandContext } from '../commands/context.js'
import type { ConfigFile } from '../config/config-file.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { askedToEnd, drainIfAsked } from '../life/draining.js'
import { ServiceManager } from '../life/service-manager.js'
import { aborted } from '../stop-signals.js'
import { Roles } from './roles.js'

export interface RunRolesOptions {
  readonly file: ConfigFile
  /** Read the file again when it changes. */
  readonly watch: boolean
  readonly environment: Environment
  /** Where SIGHUP arrives, which asks to read the file again: the process. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>
}

/** Runs all roles of a file until the process is asked to end, or none is left. @throws ConfigError before it begins */
export async function runRoles(options: RunRolesOptions, context: CommandContext): Promise<ExitCode> {
  const { file, watch, environment, signals } = options
  const ended = new AbortController()
  // The program is ready when all roles are, not each of them.
  const service = new ServiceManager({}, context.logger)
  const roles = new Roles({ file, environment, onEnd: () => ended.abort() }, { ...context, service })
  const started = roles.start()
  // One that comes during the start waits for its end. The log has the reason of a failure.
  const reload = (): void => {
    const reloaded = started.then(() => {
      context.service.reloading()
      return roles.reload()
    })
    void reloaded.catch(() => {}).then(() => context.service.ready())
  }
  const stopReading = (): void => {
    unwatchFile(file.path, reload)
    signals.off('SIGHUP', reload)
  }
  signals.on('SIGHUP', reload)
  try {
    await started
    context.service.ready()
    context.restart?.ready()
    // Editors replace the file, and file systems in containers know no events: looking at it is what always works.
    if (watch) watchFile(file.path, { interval: watchIntervalMs, persistent: false }, reload)
    await Promise.race([askedToEnd(context), aborted(ended.signal)])
    // The process that has taken over reads it.
    if (context.restart?.isHandedOver === true) stopReading()
    await drainIfAsked(context, (deadlineMs) => roles.drain(deadlineMs))
  } finally {
    stopReading()
  }
  await roles.close()
  return context.stop.aborted || context.draining.signal.aborted ? exitCode.ok : exitCode.failure
}

/** How often the file's time of change is looked at. */
const watchIntervalMs = 1000
