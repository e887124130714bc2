import { randomBytes } from 'node:crypto'

/** More than deflate looks back (32 KiB), so what repeats after it is not found. */
const noise = randomBytes(64 * 1024)

/**
 * What there is to carry: at most 64 KiB of noise, in chunks of `bytes`. A peer that deflates (pywssocks does) has as
 * much to carry as the others.
 */
export function payloadChunks(bytes) {
  if (bytes > noise.length) throw new RangeError(`chunks of ${bytes} bytes (limit ${noise.length})`)
  const count = Math.floor(noise.length / bytes)
  return Array.from({ length: count }, (_, index) => noise.subarray(index * bytes, (index + 1) * bytes))
}
