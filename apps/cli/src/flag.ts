import type { CommandName, RoleKind } from './command.js'

/** Headings of the help, in its order. */
export const sections = [
  'File',
  'Link',
  'TLS',
  'Web',
  'Proxy port',
  'Network',
  'Reliability',
  'Limits',
  'Tokens',
  'Relay',
  'Cluster',
  'Observe',
  'Life',
  'Logs',
  'Direct mode',
  'Help',
] as const

interface FlagBase {
  /** Long name, without its dashes. */
  readonly name: string
  readonly short?: string
  /** Other long names with the same meaning. */
  readonly aliases?: readonly string[]
  /** Environment variables besides `LINKSOCKS_<NAME>`; an earlier one takes precedence. */
  readonly env?: readonly string[]
  readonly commands: readonly CommandName[]
  readonly section: (typeof sections)[number]
  /** Help text: begins with a verb or a noun, ends without a full stop; default and variables are added to it. */
  readonly help: string
  /** Set if the value is secret, or is a URL that may contain a secret: never logged, never repeated in a message. */
  readonly secret?: 'value' | 'url'
  /** Whether each token of a server may have its own value: a key of `tokens` in the configuration file. */
  readonly perToken?: true
  /** Reason why the flag has no effect. It is accepted, with a warning, because existing command lines use it. */
  readonly ignored?: string
  /**
   * Roles that do not use the flag, each with the reason. A configuration file has no such key there; a command line is
   * accepted with a warning, since programs in Go say nothing either.
   */
  readonly unusedBy?: Readonly<Partial<Record<RoleKind, string>>>
  /** Set if a command line is refused instead, because its user relies on the effect: `checkSide` does so. */
  readonly isReliedOn?: true
  /** Name of the flag without which this one has no effect. */
  readonly needs?: string
}

export interface StringFlag extends FlagBase {
  readonly type: 'string'
  readonly placeholder: string
  readonly default?: string
  readonly choices?: readonly string[]
  readonly maxBytes?: number
  /** The text is JSON, or `@FILE`; in the configuration file it may be a map. */
  readonly holds?: 'policy'
}

export interface IntegerFlag extends FlagBase {
  readonly type: 'integer'
  readonly default: number
  readonly min: number
  readonly max: number
}

/** Duration with its unit, `500ms`, `5s`, `1m30s`; parsed as milliseconds. */
export interface DurationFlag extends FlagBase {
  readonly type: 'duration'
  readonly default: number
  readonly min: number
  readonly max: number
}

/** Flag whose value is how often it is given: `-dd` is 2. */
export interface CountFlag extends FlagBase {
  readonly type: 'count'
  readonly max: number
}

/** False unless given. `--no-NAME` undoes it, and so does `--NAME` where the name is `no-NAME`. */
interface BooleanFlag extends FlagBase {
  readonly type: 'boolean'
}

/** Flag that may be repeated; each use adds one value. */
export interface ListFlag extends FlagBase {
  readonly type: 'list'
  readonly placeholder: string
  readonly choices?: readonly string[]
  /** Whether the environment variable contains several values, separated by white space. */
  readonly splitEnv?: true
  readonly maxBytes?: number
}

export type Flag = StringFlag | IntegerFlag | DurationFlag | CountFlag | BooleanFlag | ListFlag

/** Parsed value of a flag. */
export type FlagValue = string | number | boolean | readonly string[]

/** All environment variables of a flag, the most important first; none for flags that only show help. */
export function environmentNames(flag: Flag): readonly string[] {
  if (flag.section === 'Help') return []
  return [...(flag.env ?? []), ...[flag.name, ...(flag.aliases ?? [])].map(variableName)]
}

function variableName(name: string): string {
  return `LINKSOCKS_${name.toUpperCase().replaceAll('-', '_')}`
}

/** Names of settings by the names of their flags: a file may have 10,000 tokens, each with a dozen settings. */
const settingNames = new Map<string, string>()

/** The name of a flag's setting: `socks-port` is `socksPort`. */
export function settingName({ name }: Flag): string {
  const known = settingNames.get(name)
  if (known !== undefined) return known
  const made = name.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
  settingNames.set(name, made)
  return made
}

/** Whether a value follows the flag. */
export function takesValue(flag: Flag): boolean {
  return flag.type !== 'boolean' && flag.type !== 'count'
}

/** Name of the flag in messages: `--socks-port (-p)`. */
export function flagLabel(flag: Pick<Flag, 'name' | 'short'>): string {
  return flag.short === undefined ? `--${flag.name}` : `--${flag.name} (-${flag.short})`
}
