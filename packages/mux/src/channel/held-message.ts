import { protocolVersion } from '@ls/codec'

/** Memory a waiting message takes beside its bytes: the view, its slot, its share of the buffer below. */
export const messageOverheadBytes = 128

/** Memory of inflating in pieces, in bytes: 40 KiB of zlib's, and a piece of 64 KiB. */
export const inflationBytes = 106_496

/**
 * The same bytes, fit to be kept: transports hand out views, and a short one that waits would keep the whole chunk that
 * it was read in alive. A third of it is enough: a chunk of 64 KiB holds two of our largest messages, hardly one more.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  if (bytes.length * 3 >= bytes.buffer.byteLength) return bytes
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** Deployed peers write another minor version than ours, and some accept none but ours (docs/interop.md). */
export function inOurVersion(message: Uint8Array): Uint8Array {
  const kept = detached(message)
  kept[0] = protocolVersion
  return kept
}
