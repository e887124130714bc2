import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { systemClock } from '@ls/foundation'

/** Interval of looks into a pipe that is still empty, in milliseconds. */
const lookEveryMs = 10

/** Usual time for the writer of a pipe, and most time until there is one, in milliseconds: it may have to decrypt. */
const defaultWaitMs = 10_000

/** Bytes of one read from a file whose size is unknown. */
const chunkBytes = 65_536

/**
 * Reads a whole file of limited size. Devices such as `/dev/zero` have no end, and a plain read of a pipe without a
 * writer does not return: the program would serve no connection from then on.
 *
 * @param maxBytes Size of the largest file.
 * @param waitMs Time for the writer of a pipe, in milliseconds; at most 10,000 until it opens the pipe. All else of the
 *   program waits too.
 * @throws Error for a folder, a larger file, and a pipe that has no end in that time; the system's error for other
 *   faults
 */
export function readLimitedFile(path: string, maxBytes: number, waitMs = defaultWaitMs): Buffer {
  // Without the flag, opening a pipe waits for a writer. Windows has no such flag, and no pipes among its files.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    return readAll(file, path, { maxBytes, waitMs })
  } finally {
    closeSync(file)
  }
}

interface Limits {
  readonly maxBytes: number
  readonly waitMs: number
}

function readAll(file: number, path: string, { maxBytes, waitMs }: Limits): Buffer {
  const tooLarge = `${path} has more than ${maxBytes} bytes`
  const stats = fstatSync(file)
  if (stats.isDirectory()) throw new Error(`${path} is a folder`)
  if (stats.isFile() && stats.size > maxBytes) throw new Error(tooLarge)
  const startMs = systemClock.now()
  // A named pipe without a writer looks as if it had ended before the first byte.
  let hasWriter = !stats.isFIFO() || isAnonymous(file)
  const chunks: Buffer[] = []
  let bytes = 0
  for (;;) {
    const chunk = readChunk(file)
    hasWriter ||= chunk?.length !== 0
    if (chunk?.length === 0 && hasWriter) return Buffer.concat(chunks)
    const leftMs = (hasWriter ? waitMs : Math.min(waitMs, defaultWaitMs)) - (systemClock.now() - startMs)
    if (chunk !== undefined && chunk.length > 0) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new Error(tooLarge)
      chunks.push(chunk)
    } else if (leftMs <= 0) throw new Error(`${path} is a pipe that nothing is written to`)
    else pause(lookEveryMs)
  }
}

/** Whether no program can open the pipe any more, as that of `<(…)` in a shell. Only Linux tells. */
function isAnonymous(file: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${file}`).startsWith('pipe:')
  } catch {
    return false
  }
}

/** Returns the next bytes, none at the end; undefined where the writer has none yet. */
function readChunk(file: number): Buffer | undefined {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  try {
    return chunk.subarray(0, readSync(file, chunk))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
