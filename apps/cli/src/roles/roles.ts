import { asError } from '@ls/foundation'
import type { ShownConfiguration } from '@ls/server'
import type { Environment } from '../arguments/environment.js'
import type { CommandContext } from '../commands/context.js'
import { checkRoles } from '../config/checks/check-roles.js'
import { fileWarnings } from '../config/checks/file-warnings.js'
import { ConfigError } from '../config/config-error.js'
import type { ConfigFile, RoleConfig } from '../config/config-file.js'
import { loadConfigWithPauses } from '../config/load-config.js'
import { showSettings } from '../config/show-config.js'
import { messageOf } from '../output/describe-error.js'
import { doStepsWithPauses } from '../steps.js'
import { type Change, liveChange, type RunningRole } from './change.js'
import { ClientRole } from './client-role.js'
import { ServerRole } from './server-role.js'

export interface RolesOptions {
  /** Configuration file at the start. */
  readonly file: ConfigFile
  readonly environment: Environment
  /** Called when all roles have ended by themselves. */
  onEnd(): void
  /** Called when a reload begins. */
  onReload?(): void
  /** Called when it has ended, with or without success. */
  onReloaded?(): void
}

/** All roles of a configuration file, running. */
export class Roles {
  readonly #options: RolesOptions
  readonly #context: CommandContext
  readonly #running = new Map<string, RunningRole>()
  #file: ConfigFile
  /** The last reload: only one runs at a time. */
  #last: Promise<unknown> = Promise.resolve()
  /** The reload that has not begun yet, and reads the file for all requests until then. */
  #next: Promise<readonly string[]> | undefined

  constructor(options: RolesOptions, context: CommandContext) {
    this.#options = options
    this.#context = context
    this.#file = options.file
  }

  /** Starts all roles, servers first. @throws ConfigError, or why one could not start; then none runs */
  async start(): Promise<void> {
    await this.#check(this.#file)
    try {
      for (const role of serversFirst(this.#file)) this.#running.set(role.path, await this.#startRole(role))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /**
   * Reads the file again and applies the differences: all of them, or none. Resolves with a line for each change. Calls
   * during a reload share the next one.
   *
   * @throws ConfigError for a file with mistakes, or why a change could not be made; then nothing has changed.
   * PartError when only the end of a change failed; then all else is as in the file
   */
  reload(): Promise<readonly string[]> {
    if (this.#next !== undefined) return this.#next
    const result = this.#last.then(() => {
      this.#next = undefined
      this.#options.onReload?.()
      return this.#reload()
    })
    this.#next = result
    result.then(
      (changes) => this.#tell(changes),
      (error: unknown) => this.#tell(asError(error)),
    )
    this.#last = result.catch(() => {})
    void this.#last.then(() => this.#options.onReloaded?.())
    return result
  }

  /** Shows the settings in force, and those in the file; nothing changes. */
  async show(): Promise<ShownConfiguration> {
    const { redactor } = this.#context
    const { path } = this.#file
    const running = await doStepsWithPauses(showSettings(this.#file, redactor))
    try {
      const file = await loadConfigWithPauses(path, this.#options.environment)
      const text = await doStepsWithPauses(showSettings(file, redactor))
      await checkRoles(file)
      return { path, running, file: text, mistakes: [] }
    } catch (error) {
      return { path, running, file: null, mistakes: redactor.clean(messageOf(error)).split('\n') }
    }
  }

  /** Makes all roles accept nothing new; resolves when nothing is open any more, or after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#running.values()].map((role) => role.drain(timeoutMs)))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((role) => role.close()))
  }

  async #reload(): Promise<readonly string[]> {
    const { logger } = this.#context
    try {
      const file = await loadConfigWithPauses(this.#file.path, this.#options.environment)
      await doStepsWithPauses(this.#context.redactor.addInSteps(file.secrets))
      await this.#check(file)
      const changes = await this.#changesTo(file)
      const failures = await apply(changes)
      if (keysOf(file) !== keysOf(this.#file)) logger.warn({}, 'the keys of the log apply from the next start on')
      this.#file = file
      if (failures.length > 0) throw new PartError(failures)
      const lines = changes.map(({ what }) => what)
      logger.info(
        { changes: lines },
        `the configuration was read again: ${lines.length === 0 ? 'nothing changed' : lines.join('; ')}`,
      )
      return lines
    } catch (error) {
      const lines = error instanceof ConfigError ? error.message.split('\n') : [messageOf(error)]
      const what = error instanceof PartError ? '' : 'nothing was changed: '
      for (const line of lines) logger.error({}, `${what}${line}`)
      throw error
    }
  }

  #tell(outcome: readonly string[] | Error): void {
    for (const role of this.#running.values()) role.reloaded(outcome)
  }

  async #check(file: ConfigFile): Promise<void> {
    await checkRoles(file)
    for (const warning of fileWarnings(file)) this.#context.logger.warn({}, warning)
  }

  async #changesTo(file: ConfigFile): Promise<readonly Change[]> {
    const wanted = new Map(file.roles.map((role) => [role.path, role]))
    const gone = [...this.#running].filter(([path]) => !wanted.has(path))
    const changes: Change[] = []
    for (const role of serversFirst(file)) {
      const change = await this.#running.get(role.path)?.changeTo(role)
      if (change !== undefined) changes.push(change)
    }
    return [
      ...changes,
      ...serversFirst(file).flatMap((role) => (this.#running.has(role.path) ? [] : this.#added(role))),
      ...gone.map(([path, role]) => this.#removed(path, role)),
    ]
  }

  #added(role: RoleConfig): Change {
    return liveChange(`${role.path}: started`, async () => {
      const running = await this.#startRole(role)
      return {
        commit: () => this.#running.set(role.path, running),
        undo: () => running.close(),
      }
    })
  }

  #removed(path: string, role: RunningRole): Change {
    return liveChange(`${path}: ended`, async () => ({
      commit: async () => {
        this.#running.delete(path)
        await role.close()
      },
      undo: () => {},
    }))
  }

  async #startRole(role: RoleConfig): Promise<RunningRole> {
    const context = contextOf(role, this.#context)
    const access = { reload: () => this.reload(), showConfiguration: () => this.show() }
    if (role.kind === 'server') return ServerRole.start(role, context, access)
    return new ClientRole(role, context, () => this.#ended())
  }

  #ended(): void {
    if ([...this.#running.values()].every(({ hasEnded }) => hasEnded)) this.#options.onEnd()
  }
}

/** A reload of which one part failed. */
class PartError extends Error {
  override readonly name = 'PartError'

  constructor(failures: readonly string[]) {
    super(`the change was made in part; this failed: ${failures.join('; ')}`)
  }
}

/**
 * Applies changes. Restarts come last, when everything that can fail without them has succeeded. Resolves with the
 * failures at the end.
 */
async function apply(changes: readonly Change[]): Promise<readonly string[]> {
  const ordered = changes.toSorted((a, b) => Number(a.isRestart) - Number(b.isRestart))
  const done: Change[] = []
  try {
    for (const change of ordered) {
      await change.prepare()
      done.push(change)
    }
  } catch (error) {
    for (const change of done.toReversed()) await change.undo()
    throw error
  }
  const failures: string[] = []
  for (const { what, commit } of ordered) {
    await commit().catch((error: unknown) => failures.push(`${what}: ${messageOf(error)}`))
  }
  return failures
}

function serversFirst({ roles }: ConfigFile): readonly RoleConfig[] {
  return roles.toSorted((a, b) => Number(b.kind === 'server') - Number(a.kind === 'server'))
}

function keysOf({ process }: ConfigFile): string {
  return [...process.values]
    .map(([name, { value }]) => `${name}: ${String(value)}`)
    .toSorted()
    .join()
}

/** Context whose log and lines contain the role. */
function contextOf({ name }: RoleConfig, context: CommandContext): CommandContext {
  return {
    ...context,
    logger: context.levels.role(name, context.logger),
    print: (line) => context.print(`[${name}] ${line}`),
  }
}
