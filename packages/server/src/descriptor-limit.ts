import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'

/** Assumed limit if the system gives none, as on Windows: Linux's default for programs. */
const usualLimit = 1024

/** Upper bound of the result: more than any process needs; some systems report "unlimited". */
const mostLimit = 1_048_576

/** Number of files, including sockets, that this process may open; Node has no call for it. */
export function descriptorLimit(): number {
  const text = limitOfProcess() ?? limitOfShell()
  if (text === undefined) return usualLimit
  const limit = text === 'unlimited' ? mostLimit : Number(text)
  return Number.isSafeInteger(limit) && limit > 0 ? Math.min(limit, mostLimit) : usualLimit
}

/** The soft limit, where there is a /proc (Linux). */
function limitOfProcess(): string | undefined {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return undefined
  }
}

/** The soft limit in the table of /proc/self/limits. */
export function parseLimits(table: string): string | undefined {
  return /^Max open files\s+(\S+)/m.exec(table)?.[1]
}

/** The soft limit as a shell reports it. A shell inherits the limit of this process, and has a command for it. */
function limitOfShell(): string | undefined {
  if (process.platform === 'win32') return undefined
  try {
    return execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8', timeout: shellTimeoutMs }).trim()
  } catch {
    return undefined
  }
}

/** Time for the shell to answer, in milliseconds. */
const shellTimeoutMs = 2000

/**
 * Heap for each file, in bytes. A channel takes some 10 KiB, and channels may have half of the files; a link takes some
 * 50 KiB, and links may have a fifth.
 */
const heapBytesPerFile = 24 * 1024

/**
 * Number of files for which V8 has room: more of them, all of one token, would end the process for everyone. Infinity
 * where the limit of the heap is unknown, as in workerd.
 *
 * @param heapLimitBytes Limit of V8's heap, in bytes. @default that of this process
 */
export function filesOfHeap(heapLimitBytes = getHeapStatistics().heap_size_limit): number {
  return heapLimitBytes > 0 ? Math.floor(heapLimitBytes / heapBytesPerFile) : Number.POSITIVE_INFINITY
}

/** Shares of the file descriptors of a process. */
export interface DescriptorShares {
  /** Unauthenticated connections. */
  readonly pending: number
  /** Links, all tokens together. */
  readonly links: number
  /** Channels and associations to targets, all tokens together. */
  readonly channels: number
  /** Channels and associations of one token. */
  readonly tokenChannels: number
}

/**
 * Divides the descriptors. A quarter is for unauthenticated connections and a fifth for links. The next twentieth is
 * reserved for the API, files, and a dial's extra descriptors. The other half is for channels; one token can use two
 * thirds of it, so that some are left for others.
 */
export function shareDescriptors(limit: number): DescriptorShares {
  const channels = Math.floor(limit / 2)
  return {
    pending: Math.floor(limit / 4),
    links: Math.max(1, Math.floor(limit / 5)),
    channels,
    tokenChannels: Math.max(1, Math.floor((channels * 2) / 3)),
  }
}
