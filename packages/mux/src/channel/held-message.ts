import { protocolVersion } from '@ls/codec'

/** Overhead of a waiting message beside its bytes: the view, its slot, its share of the underlying buffer. */
export const messageOverheadBytes = 128

/** Memory for inflating in pieces, in bytes: 40 KiB of zlib and a piece of 64 KiB. */
export const inflationBytes = 106_496

/**
 * Returns the bytes in a form that may be kept. Transports hand out views, and a short view would keep the whole chunk
 * it was read into alive. From a third of the chunk on the view itself is kept: a chunk of 64 KiB holds two of our
 * largest messages, hardly one more.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  if (bytes.length * 3 >= bytes.buffer.byteLength) return bytes
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** Deployed peers write a different minor version, and some accept only their own (docs/interop.md). */
export function inOurVersion(message: Uint8Array): Uint8Array {
  const kept = detached(message)
  kept[0] = protocolVersion
  return kept
}
