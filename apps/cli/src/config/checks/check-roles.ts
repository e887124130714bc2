import { LinkSocksClient } from '@ls/client'
import { silentLogger } from '@ls/foundation'
import { LinkSocksServer, type PolicyOptions } from '@ls/server'
import type { Environment } from '../../arguments/environment.js'
import { plannedOptions } from '../../commands/server.js'
import { UsageError } from '../../errors.js'
import { flags } from '../../flags.js'
import { clientChecks } from '../../options/client-checks.js'
import { clientOptions } from '../../options/client-options.js'
import { serverChecks } from '../../options/server-checks.js'
import { messageOf } from '../../output/describe-error.js'
import { doStepsWithPauses } from '../../steps.js'
import { registerTokensInSteps, takenPort } from '../../tokens/server-tokens.js'
import { ConfigError, type Problem } from '../config-error.js'
import type { ConfigBlock, ConfigFile, RoleConfig } from '../config-file.js'
import { loadConfig } from '../load-config.js'
import { clientSettings, serverSettings, tokenSettings } from '../role-settings.js'
import { sharedPorts } from './shared-ports.js'

/** Reads a file and checks it. @throws ConfigError with every mistake, those of single keys and of combinations */
export async function checkFile(path: string, environment: Environment): Promise<ConfigFile> {
  const file = await read(path, environment)
  await checkRoles(file)
  return file
}

async function read(path: string, environment: Environment): Promise<ConfigFile> {
  try {
    return loadConfig(path, environment)
  } catch (error) {
    if (!(error instanceof ConfigError) || error.file === undefined) throw error
    const others = await Promise.all(error.file.roles.map((role) => problemsBeside(error.problems, role)))
    throw new ConfigError(path, [...error.problems, ...others.flat()])
  }
}

/** Mistakes in the combination of a role's keys, where some values are missing because they are invalid themselves. */
async function problemsBeside(known: readonly Problem[], role: RoleConfig): Promise<readonly Problem[]> {
  const isOfRole = ({ key }: Problem): boolean => key === role.path || /^[.[]/.test(key.replace(role.path, ''))
  const isFaulty = known.some((problem) => problem.key.startsWith(role.path) && isOfRole(problem))
  const found = await problemsOf(role)
  // A mistake without a key may come from a value that is missing.
  return isFaulty ? found.filter(({ key }) => key !== role.path && !known.some((other) => other.key === key)) : found
}

/** Checks the combination of each role's keys. Opens nothing. @throws ConfigError with all mistakes */
export async function checkRoles(file: ConfigFile): Promise<void> {
  const problems: Problem[] = []
  for (const role of file.roles) problems.push(...(await problemsOf(role)))
  problems.push(...sharedPorts(file))
  if (problems.length > 0) throw new ConfigError(file.path, problems)
}

async function problemsOf(role: RoleConfig): Promise<readonly Problem[]> {
  const errors: unknown[] = []
  for (const check of role.kind === 'server' ? checksOfServer(role) : checksOfClient(role)) {
    try {
      await check()
    } catch (error) {
      errors.push(error)
    }
  }
  const problems = [...errors.map((error) => problemOf(error, role)), ...sharedNames(role)]
  // A later check may find the same mistake as an earlier one.
  const first = new Map(problems.toReversed().map((problem) => [problem.text, problem]))
  return problems.filter((problem) => first.get(problem.text) === problem)
}

/** Policies with the same name: names distinguish tokens in the API and in the log. */
function sharedNames(role: RoleConfig): readonly Problem[] {
  const owners = new Map<string, string>()
  const blocks: readonly ConfigBlock[] = role.values.has('token') ? [role, ...role.tokens] : role.tokens
  return blocks.flatMap(({ path, values }) => {
    const policy = values.get('policy')
    // The reader of the file has parsed it before.
    const { name } = JSON.parse(String(policy?.value ?? '{}')) as PolicyOptions
    if (policy === undefined || name === undefined) return []
    const owner = owners.get(name)
    owners.set(name, owner ?? path)
    if (owner === undefined) return []
    const text = `"${name}" is the name of ${owner} already; each token has its own`
    return [{ ...policy.place, key: `${path}.policy.name`, text }]
  })
}

type Check = () => unknown

function checksOfServer(role: RoleConfig): readonly Check[] {
  const settings = serverSettings(role)
  return [
    ...serverChecks(settings),
    async () => {
      const server = new LinkSocksServer({ ...plannedOptions({ settings }), logger: silentLogger })
      await doStepsWithPauses(registerTokensInSteps(server, { settings, moreTokens: tokenSettings(role) }))
      return server.close()
    },
  ]
}

function checksOfClient(role: RoleConfig): readonly Check[] {
  return [
    ...clientChecks(clientSettings(role)),
    () => new LinkSocksClient({ ...clientOptions(clientSettings(role)), logger: silentLogger }).close(),
  ]
}

/** A port of a token that another part of the same server has; undefined for other errors. */
function problemOfPort(error: unknown, { tokens }: RoleConfig): Problem | undefined {
  if (!(error instanceof UsageError)) return undefined
  const port = takenPort(error.cause)
  const block = tokens.find(({ values }) => port !== undefined && String(values.get('socks-port')?.value) === port)
  const place = block?.values.get('socks-port')?.place
  if (block === undefined || place === undefined) return undefined
  return { ...place, key: `${block.path}.socks-port`, text: `port ${port} is that of another part of this server` }
}

/** Converts an error about flags: the first of these flags in the file is its place. */
function problemOf(error: unknown, role: RoleConfig): Problem {
  const taken = problemOfPort(error, role)
  if (taken !== undefined) return taken
  const message = messageOf(error)
  const blocks: readonly ConfigBlock[] = [role, ...role.tokens]
  const names = [...message.matchAll(flagName)].map(([, name = '']) => name)
  const found = blocks.flatMap((block) => names.flatMap((name) => block.values.get(name) ?? []))[0]
  const [first = ''] = names
  const key = found === undefined || !(error instanceof UsageError) ? role.path : `${role.path}.${found.flag.name}`
  const { line, column } = found?.place ?? role.place
  const text =
    message.startsWith(`--${first}`) && first !== '' ? message.replace(/^--[a-z-]+(?: \(-\w\))?:? ?/, '') : message
  return { line, column, key, text: asKeys(text) }
}

/** Replaces the names of flags in a message by those of their keys. */
export function asKeys(text: string): string {
  return text.replaceAll(flagName, '$1')
}

const flagName = new RegExp(
  `--(${flags
    .map(({ name }) => name)
    .toSorted((a, b) => b.length - a.length)
    .join('|')})\\b(?: \\(-\\w\\))?`,
  'g',
)
