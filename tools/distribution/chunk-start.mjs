import { readFileSync, writeFileSync } from 'node:fs'

const label = 'The chunks begin at byte '
const digits = 12

/** Asset that holds where in the executable its chunks begin. {@link writeStart} fills it in. */
export const emptyStart = label + '0'.repeat(digits)

/** Returns the place that an asset holds, in bytes; 0 if none was filled in. @returns {number} */
export function startIn(asset) {
  return Number(asset.slice(label.length))
}

/**
 * Writes into a finished executable where its chunks begin: only Node that makes it decides the place.
 *
 * @param {string} executable Its path.
 * @param {Buffer} chunks
 * @throws When it does not contain both the chunks and {@link emptyStart}.
 */
export function writeStart(executable, chunks) {
  const bytes = readFileSync(executable)
  const start = bytes.indexOf(chunks.subarray(0, longEnough))
  const asset = bytes.indexOf(emptyStart)
  if (start === -1 || asset === -1) throw new Error(`${executable} does not contain its chunks as they are`)
  bytes.write(label + String(start).padStart(digits, '0'), asset, 'latin1')
  writeFileSync(executable, bytes)
}

/** So many bytes of the chunks stand nowhere else: the mark alone is in the index as well. */
const longEnough = 4096
