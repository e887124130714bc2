import type { RunCommandName } from '../command.js'
import type { Flag, FlagValue } from '../flag.js'
import type { Settings } from '../settings.js'

/** One of the commands that keep running, with its settings. */
export type Run = { [C in RunCommandName]: RunOf<C> }[RunCommandName]

export interface RunOf<C extends RunCommandName> {
  readonly kind: 'run'
  readonly command: C
  readonly settings: Settings<C>
  /** Argument of the command; `connect` needs one, and `status` and `top` may have one. */
  readonly target: string | undefined
  /** All that stands without a flag; only `token` takes more than one. */
  readonly words: readonly string[]
  /** What was given by flags and variables, without defaults. */
  readonly given: readonly (readonly [Flag, FlagValue])[]
  /** All given secrets, which the log must leave out. */
  readonly secrets: readonly string[]
  /** Given flags without effect, one sentence each. */
  readonly warnings: readonly string[]
}
