import { randomBytes } from 'node:crypto'

/** Random bytes. Deflate searches only the last 32 KiB, so it cannot find the repetition after these. */
const noise = randomBytes(64 * 1024)

/**
 * Returns the payload: at most 64 KiB of random bytes, in chunks of `bytes`. A peer that compresses (pywssocks does)
 * has to carry as much as the others.
 */
export function payloadChunks(bytes) {
  if (bytes > noise.length) throw new RangeError(`chunks of ${bytes} bytes (limit ${noise.length})`)
  const count = Math.floor(noise.length / bytes)
  return Array.from({ length: count }, (_, index) => noise.subarray(index * bytes, (index + 1) * bytes))
}
