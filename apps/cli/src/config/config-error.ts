import { UsageError } from '../errors.js'
import type { ConfigFile, Place } from './config-file.js'

/** One mistake in a configuration file. */
export interface Problem extends Place {
  /** Path of the key, such as `servers.main.ws-port`; empty for the file as a whole. */
  readonly key: string
  /** Expected value; never a secret. */
  readonly text: string
}

/**
 * Error for a configuration file that cannot be used. The message has a line for each mistake, in the order of the
 * file.
 */
export class ConfigError extends UsageError {
  override readonly places: readonly Place[]
  /** Mistakes in the order of the file. */
  readonly problems: readonly Problem[]

  /** The valid part of the file; undefined where it has no keys. */
  readonly file: ConfigFile | undefined

  constructor(path: string, problems: readonly Problem[], file?: ConfigFile) {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
    super(sorted.map((problem) => describe(path, problem)).join('\n'))
    this.problems = sorted
    this.file = file
    this.places = sorted
  }
}

function describe(path: string, { line, column, key, text }: Problem): string {
  return `${path}:${line}:${column}: ${key === '' ? '' : `${key}: `}${text}`
}
