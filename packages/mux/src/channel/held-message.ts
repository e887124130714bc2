import { protocolVersion } from '@ls/codec'

/** Memory of a waiting message in addition to its bytes: the view, its slot, its share of the underlying buffer. */
export const messageOverheadBytes = 128

/** Memory for inflating in pieces, in bytes: 40 KiB of zlib and a piece of 64 KiB. */
export const inflationBytes = 106_496

/**
 * Returns the bytes in a form that may be kept. Transports deliver views, and a short view would keep its whole read
 * chunk in memory. A view of at least a third of the chunk is kept as it is.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  if (bytes.length * 3 >= bytes.buffer.byteLength) return bytes
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/**
 * Rewrites a message to our minor version: deployed peers write a different one, and some accept only their own
 * (docs/interop.md).
 */
export function inOurVersion(message: Uint8Array): Uint8Array {
  const kept = detached(message)
  kept[0] = protocolVersion
  return kept
}
