import { didYouMean, suggest } from '@ls/foundation'
import { commands, findCommand } from '../command-table.js'
import { runCommandNames, shells, type CommandName, type RunCommandName, type Shell } from '../command.js'
import { UsageError } from '../errors.js'
import { flagLabel, type Flag, type FlagValue } from '../flag.js'
import { flagsOf } from '../flags.js'
import { type GivenFlags, roleOf, withoutEffect, withoutReverse } from '../options/without-effect.js'
import type { Settings } from '../settings.js'
import { type ConfigRequest, readConfigRequest, readFileArgument, readFromFlags } from './config-command.js'
import { type Environment, misspeltVariables, readMode, readVariable } from './environment.js'
import { shorten } from './flag-value.js'
import { readFlags } from './given-flags.js'
import { habitHint, wordHint } from './habit-hints.js'
import { makeSettings, secretsIn, textsOf, withTokenOfUrl } from './make-settings.js'
import type { Run, RunOf } from './run.js'

export type { Run, RunOf }

/** Parsed command line. */
export type Invocation = Run | ConfigRequest | HelpRequest | CompletionRequest | { readonly kind: 'version' }

export interface HelpRequest {
  readonly kind: 'help'
  /** Command to explain; undefined for the list of commands. */
  readonly command: CommandName | undefined
  readonly scope: 'command' | 'all' | 'markdown' | 'man'
  /** True if the user asked for help; false if help is shown because the command is missing, which is a mistake. */
  readonly asked: boolean
}

export interface CompletionRequest {
  readonly kind: 'completion'
  readonly shell: Shell
}

/**
 * Parses the arguments and the environment. A flag takes precedence over a variable, a variable over the default; of a
 * repeated flag the last one counts.
 *
 * @param argv The arguments, without those of Node itself.
 * @throws UsageError for anything that cannot be parsed; no other error
 */
export function parseCommandLine(argv: readonly string[], environment: Environment): Invocation {
  const [first, ...rest] = argv
  if (first !== undefined && !first.startsWith('-')) return parseCommand(findName(first), rest, environment)
  if (first === '--version' || first === '-V' || first === '-v') return { kind: 'version' }
  if (first === '--help' || first === '-h')
    return { kind: 'help', command: undefined, scope: rest.includes('--all') ? 'all' : 'command', asked: true }
  const mode = readMode(environment)
  if (mode !== undefined) return parseCommand(mode, argv, environment)
  if (first === undefined) return { kind: 'help', command: undefined, scope: 'command', asked: false }
  const later = runCommandNames.find((name) => rest.includes(name)) ?? runCommandNames.join('|')
  const hint = habitHint(first) ?? ''
  throw new UsageError(`the command comes before its flags: linksocks ${later} ${shorten(first)} …${hint}`)
}

/** Settings of a client without flags, for commands that link as a client but have fewer flags. */
export function clientDefaults(): Settings<'client'> {
  return (parseCommandLine(['client'], {}) as RunOf<'client'>).settings
}

function findName(word: string): CommandName {
  const command = findCommand(word)
  if (command !== undefined) return command.name
  const names = commands.map(({ name }) => name)
  const hint = wordHint(word) ?? didYouMean(suggest(word, names))
  throw new UsageError(`unknown command '${shorten(word)}'${hint}`)
}

function parseCommand(command: CommandName, argv: readonly string[], environment: Environment): Invocation {
  if (command === 'config' && argv[0] === 'from-flags' && argv.length > 1)
    return readFromFlags(parseCommandLine(argv.slice(1), environment))
  const { given, positionals, overridden, asksForVersion } = readFlags(command, argv)
  if (asksForVersion) return { kind: 'version' }
  if (given.get('help') === true)
    return { kind: 'help', command, scope: given.has('all') ? 'all' : 'command', asked: true }
  if (command === 'help') return parseHelp(given, positionals)
  if (command === 'completion') return { kind: 'completion', shell: parseShell(positionals) }
  const configArguments = { positionals, flag: given.get('config') }
  if (command === 'config') return readConfigRequest(configArguments, environment)
  if (command === 'check-config')
    return { kind: 'config', action: 'check', file: readFileArgument(configArguments, environment) }
  const words = readWords(command, positionals, given)
  if (command === 'version') return { kind: 'version' }
  return makeRun(command, { given, words, overridden }, environment)
}

/** Arguments of a command that runs. */
interface Words {
  readonly url: string | undefined
  readonly target: string | undefined
  readonly all: readonly string[]
}

/** Parses the arguments without a flag. @throws UsageError for one that the command does not take */
function readWords(command: CommandName, all: readonly string[], given: ReadonlyMap<string, FlagValue>): Words {
  const url = findCommand(command)?.takesUrl === true ? takeUrl(all, given) : undefined
  const target = parseTarget(command, all)
  const takesAll = command === 'token' || command === 'log-level'
  const taken = takesAll ? all.length : url === undefined && target === undefined ? 0 : 1
  const [extra] = all.slice(taken)
  if (extra !== undefined) throw unexpected(extra, command)
  return { url, target, all }
}

interface GivenToRun {
  readonly given: ReadonlyMap<string, FlagValue>
  readonly words: Words
  readonly overridden: readonly Flag[]
}

function makeRun<C extends RunCommandName>(
  command: C,
  { given, words, overridden }: GivenToRun,
  environment: Environment,
): RunOf<C> {
  const values = withTokenOfUrl(
    flagsOf(command).map((flag) => [
      flag,
      (flag.name === 'url' ? words.url : undefined) ?? given.get(flag.name) ?? readVariable(flag, environment),
    ]),
  )
  const settings = makeSettings(command, values)
  const secrets = values.flatMap(secretsIn)
  const explicit = values.filter((each): each is [Flag, FlagValue] => each[1] !== undefined)
  const byName = new Map(explicit.map(([flag, value]) => [flag.name, { flag, value }]))
  const warnings = [
    ...overridden.map((flag) => `${flagLabel(flag)} is given more than once; the last value counts`),
    ...(command === 'server'
      ? withoutReverse(
          byName,
          ['api-key', 'api-socket'].some((name) => byName.has(name)),
        )
      : []),
    ...withoutEffect(roleOf(command, byName), byName),
    ...ignoredFlags(values),
    ...(command === 'token' && words.all[0] === 'add' ? tokenOfVariable(given, byName) : []),
    ...secretEdges(values),
    ...misspeltVariables(environment),
  ]
  return {
    kind: 'run',
    command,
    settings,
    target: words.target,
    words: words.all,
    given: explicit,
    secrets,
    warnings,
  }
}

/** Warning about a token that is made with the text in a variable, which is nearly always there for another command. */
function tokenOfVariable(given: ReadonlyMap<string, FlagValue>, all: GivenFlags): readonly string[] {
  if (given.has('token') || !all.has('token')) return []
  return ['the text of the token is that of LINKSOCKS_TOKEN; without the variable it is generated']
}

function parseTarget(command: CommandName, [target]: readonly string[]): string | undefined {
  if (command === 'status' || command === 'top') return target
  if (command !== 'connect') return undefined
  if (target === undefined) throw new UsageError('connect needs the target: linksocks connect HOST:PORT')
  return target
}

/** URL argument without its flag; undefined if the argument is no URL. */
function takeUrl([word]: readonly string[], given: ReadonlyMap<string, FlagValue>): string | undefined {
  if (word === undefined || !word.includes('://')) return undefined
  if (given.has('url')) throw new UsageError('the URL of the server is given twice: with --url (-u) and without')
  return word
}

function unexpected(word: string, command: CommandName): UsageError {
  return new UsageError(`unexpected argument '${shorten(word)}'${unexpectedHint(word, command)}`)
}

function unexpectedHint(word: string, command: CommandName): string {
  const meant = findCommand(word)
  if (meant !== undefined) return `; the command comes first: linksocks ${meant.name}`
  if (command === 'run') return '; the file follows --config (-c)'
  const isPlace = findCommand(command)?.takesUrl === true && /[.:]|^localhost$/.test(word)
  return isPlace ? `; the server's URL begins with wss://, or with ws:// for a server without TLS` : ''
}

/**
 * Warnings about white space or quotation marks around secrets. They nearly always come from a shell or a file, such as
 * that of Docker's --env-file, which keeps quotation marks; the server compares every byte.
 */
function secretEdges(values: readonly (readonly [Flag, FlagValue | undefined])[]): readonly string[] {
  const flagsWith = (edge: RegExp): readonly Flag[] =>
    values
      .filter(([flag, value]) => flag.secret === 'value' && textsOf(value).some((text) => edge.test(text)))
      .map(([flag]) => flag)
  return [
    ...flagsWith(/^\s|\s$/).map(
      (flag) => `${flagLabel(flag)} begins or ends with white space, which counts as a part of it`,
    ),
    ...flagsWith(/^(["'])[^]*\1$/).map(
      (flag) => `${flagLabel(flag)} is in quotation marks, which count as a part of it`,
    ),
  ]
}

function parseHelp(given: ReadonlyMap<string, FlagValue>, positionals: readonly string[]): HelpRequest {
  const [word, extra] = positionals
  if (extra !== undefined) throw new UsageError(`unexpected argument '${shorten(extra)}'`)
  const scope = (['markdown', 'man', 'all'] as const).find((name) => given.get(name) === true) ?? 'command'
  return { kind: 'help', command: word === undefined ? undefined : findName(word), scope, asked: true }
}

function parseShell([word, extra]: readonly string[]): Shell {
  if (extra !== undefined) throw new UsageError(`unexpected argument '${shorten(extra)}'`)
  if (word === undefined) throw new UsageError(`completion needs the name of a shell: ${shells.join(', ')}`)
  const shell = shells.find((name) => name === word)
  if (shell !== undefined) return shell
  throw new UsageError(`no completion for the shell '${shorten(word)}'; there is ${shells.join(', ')}`)
}

/** Warnings about flags that have no effect anywhere, one for each reason. */
function ignoredFlags(values: readonly (readonly [Flag, FlagValue | undefined])[]): readonly string[] {
  const useless = values.filter(([flag, value]) => flag.ignored !== undefined && asksForSomething(value))
  const reasons = [...new Set(useless.map(([flag]) => flag.ignored))]
  return reasons.map((reason) => {
    const names = useless.filter(([flag]) => flag.ignored === reason).map(([flag]) => `--${flag.name}`)
    return `without effect: ${names.join(', ')} (${reason})`
  })
}

/** Whether a value changes anything; `false` and `disable` do not. */
function asksForSomething(value: FlagValue | undefined): boolean {
  return [value ?? false].flat().some((each) => each !== false && each !== 'disable' && each !== 'relay-only')
}
