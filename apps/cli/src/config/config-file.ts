import type { Flag, FlagValue } from '../flag.js'
import type { RoleKind } from './structure.js'

/** A place in the file; lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A value of the file and where it comes from. */
export interface ConfigValue {
  readonly flag: Flag
  readonly value: FlagValue
  readonly place: Place
  /** What the file has in place of the value: `${NAME}`, `file:PATH`. Empty where the value itself stands there. */
  readonly from: readonly string[]
}

/** Keys that stand together, by name. */
export interface ConfigBlock {
  /** Path from the top of the file, such as `servers.main`. */
  readonly path: string
  readonly place: Place
  readonly values: ReadonlyMap<string, ConfigValue>
}

/** One role of the file. */
export interface RoleConfig extends ConfigBlock {
  readonly kind: RoleKind
  readonly name: string
  /** Entries of `tokens`; only servers have them. */
  readonly tokens: readonly ConfigBlock[]
}

/** A file that was read, with every value checked by itself. */
export interface ConfigFile {
  readonly path: string
  /** Keys for the process as a whole. */
  readonly process: ConfigBlock
  readonly roles: readonly RoleConfig[]
  /** For the log to leave out. */
  readonly secrets: readonly string[]
  /** Files that secrets were read from. */
  readonly secretFiles: readonly string[]
}
