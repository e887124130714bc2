import { silentLogger } from '@ls/foundation'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { checkClient, clientOptions } from '../commands/client.js'
import { checkServer, plannedOptions, registerTokens } from '../commands/server.js'
import { UsageError } from '../errors.js'
import { flags } from '../flags.js'
import { messageOf } from '../output/describe-error.js'
import { ConfigError, type Problem } from './config-error.js'
import type { ConfigBlock, ConfigFile, RoleConfig } from './config-file.js'
import { clientSettings, serverSettings, tokenSettings } from './role-settings.js'

/** Checks how the keys of each role go together. Opens nothing. @throws ConfigError with all that is wrong */
export async function checkRoles(file: ConfigFile): Promise<void> {
  const problems: Problem[] = []
  for (const role of file.roles) problems.push(...(await problemsOf(role)))
  if (problems.length > 0) throw new ConfigError(file.path, problems)
}

async function problemsOf(role: RoleConfig): Promise<readonly Problem[]> {
  const errors: unknown[] = []
  for (const check of role.kind === 'server' ? serverChecks(role) : clientChecks(role)) {
    try {
      await check()
    } catch (error) {
      errors.push(error)
    }
  }
  const problems = errors.map((error) => problemOf(error, role))
  // A later check may find what an earlier one has found.
  return problems.filter(({ text }, index) => problems.findIndex((other) => other.text === text) === index)
}

type Check = () => unknown

function serverChecks(role: RoleConfig): readonly Check[] {
  const settings = serverSettings(role)
  return [
    () => checkServer(settings),
    () => {
      const server = new LinkSocksServer({ ...plannedOptions({ settings }), logger: silentLogger })
      registerTokens(server, { settings, moreTokens: tokenSettings(role) })
      return server.close()
    },
  ]
}

function clientChecks(role: RoleConfig): readonly Check[] {
  return [
    () => checkClient(clientSettings(role)),
    () => new LinkSocksClient({ ...clientOptions(clientSettings(role)), logger: silentLogger }).close(),
  ]
}

/** The checks speak of flags: the key of the first one that stands in the file is the place. */
function problemOf(error: unknown, role: RoleConfig): Problem {
  const message = messageOf(error)
  const blocks: readonly ConfigBlock[] = [role, ...role.tokens]
  const names = [...message.matchAll(flagName)].map(([, name = '']) => name)
  const found = blocks.flatMap((block) => names.flatMap((name) => block.values.get(name) ?? []))[0]
  const [first = ''] = names
  const key = found === undefined || !(error instanceof UsageError) ? role.path : `${role.path}.${found.flag.name}`
  const { line, column } = found?.place ?? role.place
  const text =
    message.startsWith(`--${first}`) && first !== '' ? message.replace(/^--[a-z-]+(?: \(-\w\))?:? ?/, '') : message
  return { line, column, key, text: text.replaceAll(flagName, '$1') }
}

const flagName = new RegExp(
  `--(${flags
    .map(({ name }) => name)
    .toSorted((a, b) => b.length - a.length)
    .join('|')})\\b(?: \\(-\\w\\))?`,
  'g',
)
