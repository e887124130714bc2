import type { NameResolver } from './name-resolver.js'
import { Resolver } from './resolver.js'

/** How names are looked up, for all that a program dials. */
export interface DnsOptions {
  /** Name servers to ask instead of the system's, `ADDR`, `ADDR:PORT` or `[ADDR]:PORT`. @default those of the system */
  readonly servers?: readonly string[]
  /** How long a lookup may take, in milliseconds. @default 8000 */
  readonly timeoutMs?: number
}

/** Two resolvers that never wait for each other. */
export interface Resolvers {
  /** For the names that users ask for. */
  readonly targets: NameResolver
  /** For the names of one's own servers and proxies. */
  readonly servers: NameResolver
}

const shared: Resolvers = { targets: new Resolver(), servers: new Resolver({ lane: 'servers' }) }

/**
 * The resolvers for these options; without any, those that all of the process share, with what they remember.
 *
 * @throws RangeError for a server that is none, or a time out of range
 */
export function resolversFor(options: DnsOptions | undefined): Resolvers {
  if (options === undefined) return shared
  return { targets: new Resolver(options), servers: new Resolver({ ...options, lane: 'servers' }) }
}

/** For targets; shared by all of the process. */
export const systemResolver = shared.targets

/** For the names of one's own servers; shared by all of the process. */
export const serverResolver = shared.servers
