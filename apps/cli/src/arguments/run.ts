import type { RunCommandName } from '../command.js'
import type { Flag, FlagValue } from '../flag.js'
import type { Settings } from '../settings.js'

/** One of the commands that keep running, with its settings. */
export type Run = RunOf<RunCommandName>

/** The run of a command; for several commands, one of their runs. */
export type RunOf<C extends RunCommandName> = { [Name in C]: RunOfOne<Name> }[C]

interface RunOfOne<C extends RunCommandName> {
  readonly kind: 'run'
  readonly command: C
  readonly settings: Settings<C>
  /** Argument of the command; `connect` requires one, and `status` and `top` may have one. */
  readonly target: string | undefined
  /** All arguments without a flag; only `token` accepts more than one. */
  readonly words: readonly string[]
  /** Values given by flags and variables, without defaults. */
  readonly given: readonly (readonly [Flag, FlagValue])[]
  /** All given secrets, which the log must leave out. */
  readonly secrets: readonly string[]
  /** Given flags without effect, one sentence each. */
  readonly warnings: readonly string[]
}
