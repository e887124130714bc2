import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Fits V8's garbage collector to a process that moves bytes.
 *
 * Each read of a socket takes 64 KiB outside the heap. To V8 that looks like the growth of a heap as small as ours, and it
 * marks all of it, twenty times a second under load: 40 % of our CPU time. Without incremental marking those buffers go
 * with the young generation; a full collection comes only once the heap itself has grown.
 * Measured: bulk through two processes 1.7 times as fast, full collections 90 → 2 in 4 s.
 */
export function tuneGarbageCollection(): void {
  setFlagsFromString('--no-incremental-marking')
  provideTransfer()
}

/**
 * What `@ls/mux` frees memory with, before the collector does. Every Node since version 21 has it; that of version 20 has
 * it behind a flag, which counts for contexts made from then on.
 */
function provideTransfer(): void {
  if ('transfer' in ArrayBuffer.prototype) return
  setFlagsFromString('--harmony-rab-gsab-transfer')
  const value: unknown = runInNewContext('ArrayBuffer.prototype.transfer')
  if (typeof value !== 'function') return
  // oxlint-disable-next-line no-extend-native -- the function is V8's own, and does what the language says.
  Object.defineProperty(ArrayBuffer.prototype, 'transfer', { value, writable: true, configurable: true })
}
