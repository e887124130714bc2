import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'

export interface ResolverOptions {
  /** How long an answer is used again, in milliseconds; names move, and one page asks for the same name at once. @default 30000 */
  readonly cacheMs?: number
  /** Names kept; the oldest makes room. @default 1024 */
  readonly maxNames?: number
  /** @default the system's resolver */
  readonly lookup?: (name: string) => Promise<ResolvedHost>
}

export interface ResolvedHost {
  readonly address: string
  readonly family: number
}

interface Entry {
  readonly answer: Promise<ResolvedHost>
  readonly staleAtMs: number
}

/** Resolves names for datagrams, one question at a time for each name, with a short memory. */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: ResolverOptions = {}) {
    this.#options = options
  }

  /** An address literal at once, or the promise of one for a name. */
  resolve(host: string): ResolvedHost | Promise<ResolvedHost> {
    const family = isIP(host)
    if (family !== 0) return { address: host, family }
    const known = this.#entries.get(host)
    const now = performance.now()
    if (known !== undefined && known.staleAtMs > now) return known.answer
    return this.#ask(host, now)
  }

  #ask(host: string, now: number): Promise<ResolvedHost> {
    const { cacheMs = 30_000, maxNames = 1024, lookup = dns.lookup } = this.#options
    const answer = lookup(host)
    answer.catch(() => this.#entries.delete(host))
    this.#entries.delete(host)
    this.#entries.set(host, { answer, staleAtMs: now + cacheMs })
    if (this.#entries.size > maxNames) {
      const oldest = this.#entries.keys().next().value
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    return answer
  }
}
