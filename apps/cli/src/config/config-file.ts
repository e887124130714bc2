import type { Flag, FlagValue } from '../flag.js'
import type { RoleKind } from './structure.js'

/** A place in the file; lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A value of the file and its origin. */
export interface ConfigValue {
  readonly flag: Flag
  readonly value: FlagValue
  readonly place: Place
  /**
   * References in the file, `${NAME}` or `file:PATH`, that gave the value. Empty where the value itself is in the file.
   */
  readonly from: readonly string[]
}

/** Keys of one block, by name. */
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

/** A file that was read, with every value checked separately. */
export interface ConfigFile {
  readonly path: string
  /** Keys for the process as a whole. */
  readonly process: ConfigBlock
  readonly roles: readonly RoleConfig[]
  /** Secrets, which the log must leave out. */
  readonly secrets: readonly string[]
  /** Files from which secrets were read. */
  readonly secretFiles: readonly string[]
}
