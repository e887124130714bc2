import { readHostName } from '@ls/relay'

/** Host names that providers may request: `app.example`, `*.dev.example` for all names below it, or `*`. */
export class HostPatterns {
  readonly #names = new Set<string>()
  /** Suffixes that begin with a dot. */
  readonly #suffixes: string[] = []

  /** @throws RangeError naming the pattern */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      if (pattern === '*') this.#suffixes.push('')
      else if (pattern.startsWith('*.')) this.#suffixes.push(`.${readHostName(pattern.slice(2))}`)
      else this.#names.add(readHostName(pattern))
    }
  }

  /**
   * Whether a name matches.
   *
   * @param host Name as `readHostName` returns it.
   */
  allows(host: string): boolean {
    return this.#names.has(host) || this.#suffixes.some((suffix) => host.endsWith(suffix))
  }
}
