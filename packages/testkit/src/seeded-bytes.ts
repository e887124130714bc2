import { createCipheriv, createHash, type Cipher } from 'node:crypto'

const chunkBytes = 64 * 1024

/** An endless stream of pseudo-random bytes that a seed determines; made by {@link seededBytes}. */
export interface SeededBytes {
  /** Returns the next `length` bytes, in a buffer of their own. */
  take(length: number): Buffer
}

/**
 * Returns a stream that is the same for the same seed, on any machine: the keystream of AES-CTR, which is faster than
 * any generator in JavaScript and does not compress.
 *
 * @example
 * ```ts
 * const bytes = seededBytes(7)
 * bytes.take(3) // the first three
 * bytes.take(2) // the two after them
 * ```
 */
export function seededBytes(seed: number): SeededBytes {
  const key = Buffer.alloc(16)
  key.writeDoubleBE(seed)
  const cipher: Cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  return { take: (length) => cipher.update(Buffer.alloc(length)) }
}

/** Returns the SHA-256 (lowercase hex) of the first `length` bytes of a seed, without storing them all. */
export function seededDigest(seed: number, length: number): string {
  const bytes = seededBytes(seed)
  const hash = createHash('sha256')
  for (let left = length; left > 0; left -= chunkBytes) hash.update(bytes.take(Math.min(left, chunkBytes)))
  return hash.digest('hex')
}
