import type { NameResolver } from './name-resolver.js'
import { Resolver } from './resolver.js'

/** Name lookup options for all dials of a program. */
export interface DnsOptions {
  /**
   * Name servers to query instead of the system's, `ADDR`, `ADDR:PORT` or `[ADDR]:PORT`. @default those of the system
   */
  readonly servers?: readonly string[] | undefined
  /** Time limit of a lookup, in milliseconds. @default 8000 */
  readonly timeoutMs?: number | undefined
}

/** Two resolvers that do not delay each other. */
export interface Resolvers {
  /** Resolver for names of targets. */
  readonly targets: NameResolver
  /** Resolver for names of the program's own servers and proxies. */
  readonly servers: NameResolver
}

const shared: Resolvers = { targets: new Resolver(), servers: new Resolver({ lane: 'servers' }) }

/**
 * Returns the resolvers for these options; without options the shared ones of the process, with their cache.
 *
 * @throws RangeError for an invalid server, or a time out of range
 */
export function resolversFor(options: DnsOptions | undefined): Resolvers {
  if (options === undefined) return shared
  return { targets: new Resolver(options), servers: new Resolver({ ...options, lane: 'servers' }) }
}

/** Resolver for targets; shared by the process. */
export const systemResolver = shared.targets

/** Resolver for names of the program's own servers; shared by the process. */
export const serverResolver = shared.servers
