import type { CommandName } from './command.js'

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
  /** The long name, without its dashes. */
  readonly name: string
  readonly short?: string
  /** Other long names that mean the same. */
  readonly aliases?: readonly string[]
  /** Environment variables beside `LINKSOCKS_<NAME>`; an earlier one wins. */
  readonly env?: readonly string[]
  readonly commands: readonly CommandName[]
  readonly section: (typeof sections)[number]
  /** Starts with a verb or a noun, ends without a full stop; default and variables are added to it. */
  readonly help: string
  /** The value is secret, or is a URL that may hold one: never logged, never repeated in a message. */
  readonly secret?: 'value' | 'url'
  /** Each token of a server may have its own: a key of `tokens` in the configuration file. */
  readonly perToken?: true
  /** Why the flag has no effect. It is accepted for the sake of existing command lines, with a warning. */
  readonly ignored?: string
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

/** Written with its unit, `500ms`, `5s`, `1m30s`; read into milliseconds. */
export interface DurationFlag extends FlagBase {
  readonly type: 'duration'
  readonly default: number
  readonly min: number
  readonly max: number
}

/** Counts how often it is given: `-dd` is 2. */
export interface CountFlag extends FlagBase {
  readonly type: 'count'
  readonly max: number
}

/** False unless given. `--no-NAME` takes it back, and so does `--NAME` where the name is `no-NAME`. */
export interface BooleanFlag extends FlagBase {
  readonly type: 'boolean'
}

/** May be given several times; each adds one value. */
export interface ListFlag extends FlagBase {
  readonly type: 'list'
  readonly placeholder: string
  readonly choices?: readonly string[]
  /** The environment variable holds several values, parted by white space. */
  readonly splitEnv?: true
  readonly maxBytes?: number
}

export type Flag = StringFlag | IntegerFlag | DurationFlag | CountFlag | BooleanFlag | ListFlag

/** Parsed value of a flag. */
export type FlagValue = string | number | boolean | readonly string[]

/** All environment variables that stand for a flag, the most important first; none for what only help is asked by. */
export function environmentNames(flag: Flag): readonly string[] {
  if (flag.section === 'Help') return []
  return [...(flag.env ?? []), ...[flag.name, ...(flag.aliases ?? [])].map(variableName)]
}

function variableName(name: string): string {
  return `LINKSOCKS_${name.toUpperCase().replaceAll('-', '_')}`
}

/** The name of a flag's setting: `socks-port` is `socksPort`. */
export function settingName(flag: Flag): string {
  return flag.name.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}

/** Whether a value follows the flag. */
export function takesValue(flag: Flag): boolean {
  return flag.type !== 'boolean' && flag.type !== 'count'
}

/** The flag as messages name it: `--socks-port (-p)`. */
export function flagLabel(flag: Pick<Flag, 'name' | 'short'>): string {
  return flag.short === undefined ? `--${flag.name}` : `--${flag.name} (-${flag.short})`
}
