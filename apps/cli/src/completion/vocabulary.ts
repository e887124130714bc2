import { commands } from '../command-table.js'
import type { CommandName } from '../command.js'
import { takesValue, type Flag } from '../flag.js'
import { usedFlags } from '../flags.js'

/** A command as shells complete it. */
export interface CompletedCommand {
  readonly name: CommandName
  readonly summary: string
  /** Words allowed instead of a flag. */
  readonly choices: readonly string[]
  readonly options: readonly Option[]
}

/** A flag as shells complete it. */
export interface Option {
  /** `--token`, then its aliases. */
  readonly long: readonly string[]
  /** `-t` */
  readonly short: string | undefined
  readonly help: string
  readonly value: 'none' | 'text' | 'file' | readonly string[]
  readonly isRepeatable: boolean
}

/** All commands with all flags that have an effect. Every shell's script is generated from this. */
export function vocabulary(): readonly CompletedCommand[] {
  return commands.map(({ name, summary, argument }) => ({
    name,
    summary,
    choices: name === 'help' ? commands.map((command) => command.name) : (argument?.choices ?? []),
    options: usedFlags(name).map(optionOf),
  }))
}

function optionOf(flag: Flag): Option {
  return {
    long: [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`),
    short: flag.short === undefined ? undefined : `-${flag.short}`,
    help: flag.help,
    value: valueOf(flag),
    isRepeatable: flag.type === 'list' || flag.type === 'count',
  }
}

function valueOf(flag: Flag): Option['value'] {
  if (!takesValue(flag)) return 'none'
  if ('choices' in flag && flag.choices !== undefined) return flag.choices
  return 'placeholder' in flag && /\b(FILE|PATH|DIR)\b/.test(flag.placeholder) ? 'file' : 'text'
}

/** Names of an option, the short one first. */
export function namesOf({ short, long }: Option): readonly string[] {
  return short === undefined ? long : [short, ...long]
}
