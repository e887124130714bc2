import { Resolver as Ares } from 'node:dns/promises'
import type { Clock } from '@ls/foundation'
import { DialError } from '../errors.js'
import type { Answer, Family } from '../race.js'
import { FairQueue } from './fair-queue.js'
import { type CacheableResult, QueryCache } from './query-cache.js'

/** Longest time to live, in milliseconds: names may change earlier than promised. */
const maxKeepMs = 300_000

/**
 * Time for which a missing name or address is cached, in milliseconds; Node does not report the zone's value (RFC 2308
 * §5).
 */
const keepAbsenceMs = 5000

/**
 * Time for which a server failure is cached (RFC 2308 §7), in milliseconds, so that many connections to one failing
 * name send one query.
 */
const keepFailureMs = 1000

/** Most addresses of an answer that are kept; more than a dial tries. */
const maxAddresses = 32

/** Time for a server to answer before the next is queried, in milliseconds: the value of c-ares. */
const defaultServerTimeoutMs = 2000

/**
 * Most DNS queries at the same time, for each lane: c-ares accepts any number, small name servers do not (dnsmasq
 * forwards 150). A tenant's queries beyond its share wait.
 */
const maxRunning = 256

/** Most waiting queries of a tenant, two to a name: 1 MiB. */
const maxWaitingPerTenant = 8192

export interface DnsNamesOptions {
  /** Addresses, with `:port` where it is not 53. Empty: 127.0.0.1, as resolv.conf(5) says. */
  readonly servers: readonly string[]
  /** Longest time that a caller waits, in milliseconds. */
  readonly timeoutMs: number
  readonly serverTimeoutMs: number | undefined
  readonly clock: Clock
}

/** Source of the addresses of one family. */
export interface DnsNames {
  query(name: string, family: Family, tenant: unknown, listener: (answer: Answer) => void): () => void
}

/** Queries name servers, by c-ares: without libuv's pool, over TCP where an answer does not fit. */
export function dnsNames(options: DnsNamesOptions): DnsNames {
  const { servers, timeoutMs, serverTimeoutMs = defaultServerTimeoutMs, clock } = options
  // c-ares doubles its timeout with each try.
  const timeout = Math.max(1, Math.min(serverTimeoutMs, defaultServerTimeoutMs, Math.floor(timeoutMs / 3)))
  const ares = new Ares({ timeout, tries: 2 })
  ares.setServers(servers.length === 0 ? ['127.0.0.1'] : [...servers])
  const desk = new QueryCache<Answer>({
    queue: new FairQueue({ maxRunning, maxWaitingPerTenant }),
    ask: (key) => ask(ares, ...splitKey(key)),
    timeoutMs,
    clock,
    onTimeout: (key) =>
      failure('EAI_AGAIN', `no name server answered about ${splitKey(key)[1]} within ${timeoutMs} ms`),
    onFull: (key) => failure('EAI_AGAIN', `too many names wait for the name servers before ${splitKey(key)[1]}`),
  })
  return { query: (name, family, tenant, listener) => desk.query(`${family}${name}`, tenant, listener) }
}

function splitKey(key: string): [family: Family, name: string] {
  return [key.startsWith('6') ? 6 : 4, key.slice(1)]
}

async function ask(ares: Ares, family: Family, name: string): Promise<CacheableResult<Answer>> {
  try {
    const found = await (family === 6 ? ares.resolve6(name, { ttl: true }) : ares.resolve4(name, { ttl: true }))
    const ttlS = Math.min(...found.map(({ ttl }) => ttl))
    const addresses = found.slice(0, maxAddresses).map(({ address }) => address)
    return { value: { addresses }, keepMs: Math.min(ttlS * 1000, maxKeepMs) }
  } catch (cause) {
    return absence(name, cause as NodeJS.ErrnoException)
  }
}

function absence(name: string, cause: NodeJS.ErrnoException): CacheableResult<Answer> {
  const { code = '' } = cause
  if (code === 'ENODATA')
    return { value: failure('EAI_NODATA', `${name} has no address`, cause), keepMs: keepAbsenceMs }
  // EBADNAME: c-ares found the name invalid.
  if (code === 'ENOTFOUND' || code === 'EBADNAME')
    return { value: failure('ENOTFOUND', `there is no host ${name}`, cause), keepMs: keepAbsenceMs }
  const text = `the name servers gave no answer about ${name} (${code})`
  return { value: failure('EAI_AGAIN', text, cause), keepMs: keepFailureMs }
}

function failure(code: DialError['code'], text: string, cause?: unknown): Answer {
  return { addresses: [], error: new DialError(code, text, { cause }) }
}
