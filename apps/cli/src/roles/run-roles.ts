import type { EventEmitter } from 'node:events'
import { unwatchFile, watchFile } from 'node:fs'
import type { Environment } from '../arguments/environment.js'
import type { CommandContext } from '../commands/context.js'
import type { ConfigFile } from '../config/config-file.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { askedToEnd, drainIfAsked } from '../life/draining.js'
import { ServiceManager } from '../life/service-manager.js'
import { aborted } from '../life/stop-signals.js'
import { Roles } from './roles.js'

export interface RunRolesOptions {
  readonly file: ConfigFile
  /** Whether to read the file again when it changes. */
  readonly watch: boolean
  readonly environment: Environment
  /** Source of SIGHUP, which requests a reload: the process. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>
}

/**
 * Runs all roles of a file until the process receives a signal to end, or none is left. @throws ConfigError before it
 * begins
 */
export async function runRoles(options: RunRolesOptions, context: CommandContext): Promise<ExitCode> {
  const { file, watch, environment, signals } = options
  const ended = new AbortController()
  // The program is ready when all roles are, not each of them.
  const service = new ServiceManager({}, context.logger)
  const onReload = (): void => context.service.reloading()
  const onReloaded = (): void => context.service.ready()
  const events = { onEnd: () => ended.abort(), onReload, onReloaded }
  const roles = new Roles({ file, environment, ...events }, { ...context, service })
  const started = roles.start()
  // A reload during the start waits for its end. The log has the reason of a failure.
  const reload = (): void => void started.then(() => roles.reload()).catch(() => {})
  const stopReading = (): void => {
    unwatchFile(file.path, reload)
    signals.off('SIGHUP', reload)
  }
  signals.on('SIGHUP', reload)
  // Editors replace the file, and file systems in containers send no events: polling always works. It begins before the
  // program says that it listens, so that it notices what is written then.
  if (watch) watchFile(file.path, { interval: watchIntervalMs, persistent: false }, reload)
  try {
    await started
    context.service.ready()
    context.restart?.ready()
    await Promise.race([askedToEnd(context), aborted(ended.signal)])
    // The process that has taken over reads it.
    if (context.restart?.isHandedOver === true) stopReading()
    await drainIfAsked(context, (timeoutMs) => roles.drain(timeoutMs))
  } finally {
    stopReading()
  }
  await roles.close()
  return context.stop.aborted || context.draining.signal.aborted ? exitCode.ok : exitCode.failure
}

/** Interval at which the file's modification time is checked. */
const watchIntervalMs = 1000
