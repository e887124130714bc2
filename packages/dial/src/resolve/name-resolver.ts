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
   * Resolves a name. Answers once for each family, as soon as the answer is known, possibly before this returns. No
   * answer comes after the returned function was called.
   */
  lookup(name: string, onAnswer: (family: Family, answer: Answer) => void, options?: LookupOptions): () => void
}
