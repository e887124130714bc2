import { parseArgs, type ParseArgsConfig } from 'node:util'
import { didYouMean, suggest } from '@ls/foundation'
import { commands } from '../command-table.js'
import type { CommandName } from '../command.js'
import { UsageError } from '../errors.js'
import { flagLabel, takesValue, type Flag, type FlagValue } from '../flag.js'
import { flagsOf } from '../flags.js'
import { readValue, shorten } from './flag-value.js'
import { habitHint } from './habit-hints.js'

/** Parsed arguments of a command. */
export interface GivenFlags {
  /** Values by the flag's name. */
  readonly given: ReadonlyMap<string, FlagValue>
  readonly positionals: readonly string[]
  /** Flags with one value that were given with different ones; the last counts. */
  readonly overridden: readonly Flag[]
  /** Whether `--version` or `-V` is among the flags; the others are then not read. */
  readonly asksForVersion: boolean
}

/** One element of parseArgs' `tokens`. */
type Token = NonNullable<ReturnType<typeof tokenize>>[number]
type OptionToken = Extract<Token, { readonly kind: 'option' }>

/**
 * Parses the flags of a command. @throws UsageError for an unknown flag, and for a value that the flag does not accept
 */
export function readFlags(command: CommandName, argv: readonly string[]): GivenFlags {
  const known = new Map(
    flagsOf(command).flatMap((flag) => [flag.name, ...(flag.aliases ?? [])].map((name) => [name, flag])),
  )
  const tokens = tokenize(argv, known)
  // Help is shown even if other arguments are wrong.
  if (tokens.some((token) => token.kind === 'option' && known.get(token.name)?.name === 'help')) {
    const asksForAll = tokens.some((token) => token.kind === 'option' && token.rawName === '--all')
    return { ...nothing, given: new Map(['help', ...(asksForAll ? ['all'] : [])].map((name) => [name, true])) }
  }
  if (tokens.some((token) => token.kind === 'option' && versionFlags.has(token.rawName))) {
    return { ...nothing, asksForVersion: true }
  }
  const given = new Map<string, FlagValue>()
  const positionals: string[] = []
  const overridden = new Set<Flag>()
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag = known.get(token.name)
    const before = flag && given.get(flag.name)
    readFlag(command, known, token, given)
    if (flag === undefined || before === undefined || before === given.get(flag.name)) continue
    if (flag.type !== 'list' && flag.type !== 'count') overridden.add(flag)
  }
  return { given, positionals, overridden: [...overridden], asksForVersion: false }
}

const nothing: GivenFlags = { given: new Map(), positionals: [], overridden: [], asksForVersion: false }

const versionFlags: ReadonlySet<string> = new Set(['--version', '-V'])

/** Splits the arguments with parseArgs; their meaning and errors are handled here. */
function tokenize(argv: readonly string[], known: ReadonlyMap<string, Flag>) {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, flag] of known) {
    const short = flag.name === name && flag.short !== undefined ? { short: flag.short } : {}
    options[name] = { type: takesValue(flag) ? 'string' : 'boolean', ...short }
  }
  return parseArgs({
    args: argv.map((each) => longForm(each, known)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens
}

/** Converts `-r=false`, as Go reads it, to `--reverse=false`: parseArgs would treat the `=` as one more flag. */
function longForm(argument: string, known: ReadonlyMap<string, Flag>): string {
  const [, short, text] = /^-([a-zA-Z])=(.*)$/s.exec(argument) ?? []
  const flag = [...known.values()].find((each) => short !== undefined && each.short === short)
  return flag === undefined || takesValue(flag) ? argument : `--${flag.name}=${text}`
}

function readFlag(
  command: CommandName,
  known: ReadonlyMap<string, Flag>,
  token: OptionToken,
  given: Map<string, FlagValue>,
): void {
  const flag = known.get(token.name)
  if (flag === undefined) {
    if (!takeBack(known, token, given)) throw unknownFlag(command, known, token)
    return
  }
  given.set(flag.name, nextValue(flag, given.get(flag.name), valueText(flag, token), flagLabel(flag)))
}

/** Value of a repeated flag, whose value was `before` so far. */
function nextValue(flag: Flag, before: FlagValue | undefined, text: string | undefined, source: string): FlagValue {
  if (flag.type === 'boolean') return text === undefined || readValue(flag, text, source)
  if (flag.type === 'count' && text === undefined) return Math.min(flag.max, Number(before ?? 0) + 1)
  if (text === undefined) throw new UsageError(`${source} needs a value`)
  const value = readValue(flag, text, source)
  return flag.type === 'list' ? [before ?? [], value].flat().map(String) : value
}

/** The argument after the flag, if it is the flag's value. */
function valueText(flag: Flag, token: OptionToken): string | undefined {
  const { value, inlineValue, rawName } = token
  if (value === undefined) return undefined
  // Both `-p=80` and `-p80` are in use.
  if (inlineValue) return rawName.startsWith('--') ? value : value.replace(/^=/, '')
  const looksLikeFlag = value.length > 1 && value.startsWith('-') && !/^-[\d.]/.test(value)
  if (!looksLikeFlag) return value
  throw new UsageError(
    `${flagLabel(flag)} needs a value, but the next argument looks like a flag; if it is the value, write --${flag.name}=VALUE`,
  )
}

/** Handles a negated flag: `--no-reverse` undoes `--reverse`, `--reconnect` undoes `--no-reconnect`. */
function takeBack(known: ReadonlyMap<string, Flag>, token: OptionToken, given: Map<string, FlagValue>): boolean {
  const { rawName, name } = token
  if (!rawName.startsWith('--') || token.inlineValue === true) return false
  const flag = known.get(name.startsWith('no-') ? name.slice('no-'.length) : `no-${name}`)
  if (flag?.type !== 'boolean' || flag.name === 'help') return false
  given.set(flag.name, false)
  return true
}

function unknownFlag(command: CommandName, known: ReadonlyMap<string, Flag>, token: OptionToken): UsageError {
  const { name, rawName } = token
  const isLong = rawName.startsWith('--')
  const elsewhere = commands
    .map((each) => each.name)
    .filter((each) => flagsOf(each).some((flag) => (isLong ? flag.name === name : flag.short === name)))
  if (elsewhere.length > 0) {
    return new UsageError(`${command} has no flag ${rawName}; it belongs to ${elsewhere.join(', ')}`)
  }
  const habit = habitHint(rawName)
  if (habit !== undefined) return new UsageError(`unknown flag ${shorten(rawName)}${habit}`)
  const suggestions = isLong ? suggest(name, [...known.keys()]).map((each) => `--${each}`) : []
  return new UsageError(`unknown flag ${shorten(rawName)}${didYouMean(suggestions)}`)
}
