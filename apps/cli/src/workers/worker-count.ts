import { availableParallelism } from 'node:os'
import { UsageError } from '../errors.js'

/** Most workers: each takes some 80 MB and has a copy of the data of all others, and machines have fewer cores. */
const maxWorkers = 64

/**
 * Number of processes that `--workers` asks for; 1 without it: the server runs in the process itself. @throws
 * UsageError for anything but a number within the limits, or `auto`
 */
export function workerCount(text: string | undefined, cores: () => number = availableParallelism): number {
  if (text === undefined) return 1
  if (text === 'auto') return Math.min(Math.max(cores(), 1), maxWorkers)
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= maxWorkers) return count
  throw new UsageError(`--workers is '${text.slice(0, 20)}'; write a number from 1 to ${maxWorkers}, or auto`)
}
