import { lookup as getaddrinfo } from 'node:dns/promises'
import type { Clock } from '@ls/foundation'
import { DialError } from '../errors.js'
import type { Answer, Family } from '../race.js'
import { FairQueue } from '../resolve/fair-queue.js'
import { type CacheableResult, QueryCache } from '../resolve/query-cache.js'

/** Answers for both families, since `getaddrinfo` returns both together. */
export type BothAnswers = Readonly<Record<Family, Answer>>

/**
 * Time for which an answer is cached, in milliseconds, since `getaddrinfo` reports none: long enough for the
 * connections of one page.
 */
const keepMs = 10_000

/**
 * Time for which a failure is cached: long enough for retries of one program to share an answer, too short to be
 * noticed.
 */
const keepFailureMs = 1000

/**
 * Number of threads of libuv's pool. Each `getaddrinfo` occupies one until the system gives up, up to a minute; files
 * and zlib need threads as well. So targets get half of the pool, in the whole process, and the names of the program's
 * own servers one more thread.
 */
const poolThreads = Number(process.env['UV_THREADPOOL_SIZE'] ?? '') || 4
const queues = {
  targets: new FairQueue({ maxRunning: Math.max(1, Math.floor(poolThreads / 2)), maxWaitingPerTenant: 4096 }),
  servers: new FairQueue({ maxRunning: 1, maxWaitingPerTenant: 4096 }),
}

/** Purpose of a resolver's names: lookups of targets never delay those of the program's own server. */
export type Lane = keyof typeof queues

/** Queries the system (`getaddrinfo`), which has sources other than DNS. */
export function systemNames(lane: Lane, timeoutMs: number, clock: Clock): QueryCache<BothAnswers> {
  const failed = (error: Error): BothAnswers => ({ 4: { addresses: [], error }, 6: { addresses: [], error } })
  return new QueryCache({
    queue: queues[lane],
    ask: askSystem,
    timeoutMs,
    clock,
    onTimeout: (name) =>
      failed(new DialError('EAI_AGAIN', `the system did not resolve ${name} within ${timeoutMs} ms`)),
    onFull: (name) => failed(new DialError('EAI_AGAIN', `too many names wait to be resolved before ${name}`)),
  })
}

async function askSystem(name: string): Promise<CacheableResult<BothAnswers>> {
  try {
    // Without AI_ADDRCONFIG, which hides 127.0.0.1 on a machine whose only other address is of IPv6.
    const found = await getaddrinfo(name, { all: true, verbatim: true })
    const of = (family: Family): Answer => ({
      addresses: found.filter((each) => each.family === family).map(({ address }) => address),
    })
    return { value: { 4: of(4), 6: of(6) }, keepMs }
  } catch (cause) {
    const error = systemError(name, cause as NodeJS.ErrnoException)
    return { value: { 4: { addresses: [], error }, 6: { addresses: [], error } }, keepMs: keepFailureMs }
  }
}

function systemError(name: string, cause: NodeJS.ErrnoException): DialError {
  if (cause.code === 'ENOTFOUND') return new DialError('ENOTFOUND', `there is no host ${name}`, { cause })
  return new DialError('EAI_AGAIN', `the system could not resolve ${name} (${cause.code ?? cause.message})`, { cause })
}
