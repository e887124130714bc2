import type { Answer, Family } from '../race.js'

/** Context of a lookup. */
export interface LookupOptions {
  /**
   * Tenant of the lookup, compared by identity: lookups of one tenant do not delay those of another.
   * @default none: such lookups share one tenant without a limit
   */
  readonly tenant?: unknown
}

/** Resolves names to addresses. */
export interface NameResolver {
  /**
   * Answers once for each family, as soon as that one is known; at once, before this returns, where it is known
   * already. No answer comes after the function returned here was called.
   */
  lookup(name: string, onAnswer: (family: Family, answer: Answer) => void, options?: LookupOptions): () => void
}
