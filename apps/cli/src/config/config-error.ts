import { UsageError } from '../errors.js'

/** A place in the file; lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** One mistake in a configuration file. */
export interface Problem extends Place {
  /** Path of the key, such as `servers.main.ws-port`; empty for the file as a whole. */
  readonly key: string
  /** What was expected; never a secret. */
  readonly text: string
}

/** A configuration file cannot be used. The message has a line for each mistake, in the order of the file. */
export class ConfigError extends UsageError {
  override readonly places: readonly Place[]
  /** In the order of the file. */
  readonly problems: readonly Problem[]

  constructor(path: string, problems: readonly Problem[]) {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
    super(sorted.map((problem) => describe(path, problem)).join('\n'))
    this.problems = sorted
    this.places = sorted
  }
}

function describe(path: string, { line, column, key, text }: Problem): string {
  return `${path}:${line}:${column}: ${key === '' ? '' : `${key}: `}${text}`
}
