import type { Duplex } from 'node:stream'
import { type Clock, ProgressWatch, systemClock } from '@ls/foundation'

/**
 * Watches a stream that writes the rest of its bytes after its channel is gone, and calls `cut` when it has written
 * nothing for `quietMs` milliseconds.
 */
export function watchLastBytes(
  stream: Duplex,
  quietMs: number,
  cut: () => void,
  clock: Clock = systemClock,
): ProgressWatch {
  return new ProgressWatch({ clock, quietMs, progress: () => leftBytesOf(stream), onStuck: cut })
}

/**
 * Measure of the bytes that are still to be written. A stream counts a piece until all of it is written, which takes a
 * slow reader long; libuv counts the bytes that the system has not taken.
 */
function leftBytesOf(stream: Duplex): number {
  const { _handle: handle } = stream as Duplex & { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return stream.writableLength + (handle?.writeQueueSize ?? 0)
}
