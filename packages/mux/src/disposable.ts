/**
 * Memory that is freed as soon as it has been copied, not at the next garbage collection.
 *
 * Each read of a socket takes 64 KiB outside the heap. Left to the collector, 20 MB of them pile up thirty times a second,
 * and each read goes to memory that no cache holds.
 */
const disposable = new WeakSet<ArrayBufferLike>()

/** ArrayBuffer.prototype.transfer, which Node has had since version 21. */
type Transfer = (this: ArrayBufferLike, newLength: number) => ArrayBuffer

/** Less is not worth it, and may be a part of the memory that `Buffer` gives out in slices. */
const minDisposableBytes = 16_384

/**
 * Declares that nobody but the next owner of `chunk` holds it, nor any view of its memory: that one may {@link dispose} it.
 * Returns false where it cannot be freed by hand: it is short, or a part of something else, or Node is too old.
 */
export function markDisposable(chunk: Uint8Array): boolean {
  const { buffer, length } = chunk
  if (length < minDisposableBytes || length !== buffer.byteLength || transferOf(buffer) === undefined) return false
  disposable.add(buffer)
  return true
}

/** Frees the memory of `chunk`, or of the whole it is the last part of, if it was declared disposable. */
export function dispose(chunk: Uint8Array): void {
  const { buffer } = chunk
  if (disposable.delete(buffer)) transferOf(buffer)?.call(buffer, 0)
}

function transferOf(buffer: ArrayBufferLike): Transfer | undefined {
  return (buffer as { transfer?: Transfer }).transfer
}
