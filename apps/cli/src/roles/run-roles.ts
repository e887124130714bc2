import { runClient } from '../commands/client.js'
import type { CommandContext } from '../commands/context.js'
import { type RunningServer, startServer } from '../commands/server.js'
import { checkRoles } from '../config/check-roles.js'
import type { ConfigFile, RoleConfig } from '../config/config-file.js'
import { exposedConfigFiles } from '../config/load-config.js'
import { clientSettings, serverSettings, tokenSettings } from '../config/role-settings.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { messageOf } from '../output/describe-error.js'
import { aborted } from '../stop-signals.js'

/** Runs all roles of a file until the process is asked to end, or none is left. @throws ConfigError before it begins */
export async function runRoles(file: ConfigFile, context: CommandContext): Promise<ExitCode> {
  await checkRoles(file)
  for (const warning of exposedConfigFiles(file)) context.logger.warn({}, warning)
  const servers: RunningServer[] = []
  for (const role of file.roles.filter(({ kind }) => kind === 'server')) {
    const started = await startServer(
      { settings: serverSettings(role), moreTokens: tokenSettings(role) },
      contextOf(role, context),
    )
    if (started !== undefined) servers.push(started)
  }
  const clients = file.roles.filter(({ kind }) => kind !== 'server').map((role) => runRole(role, context))
  await (servers.length > 0 ? aborted(context.stop) : Promise.all(clients))
  await Promise.all([...servers.map((server) => server.close()), ...clients])
  return exitCode.ok
}

async function runRole(role: RoleConfig, context: CommandContext): Promise<void> {
  const own = contextOf(role, context)
  try {
    await runClient(clientSettings(role), own)
  } catch (error) {
    own.logger.error({ err: error }, messageOf(error))
  }
}

/** Logs and lines say which role they are of. */
function contextOf({ name }: RoleConfig, context: CommandContext): CommandContext {
  return {
    ...context,
    logger: context.logger.child({ role: name }),
    print: (line) => context.print(`[${name}] ${line}`),
  }
}
