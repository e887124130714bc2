import type { ReverseToken } from '../tokens/token-registry.js'

/** Providers that an exposure leads to. */
export interface Owner {
  readonly record: ReverseToken
  /** Provider process that requested it; undefined for all providers of the token, by the operator's choice. */
  readonly instance: string | undefined
  /** Address of that process at the time of its request. */
  readonly address?: string
}
