import { gzipAsync } from '@ls/codec/node'

/** Compresses outside the event loop's thread; undefined when the result is not smaller. */
export async function gzipIfSmaller(payload: Uint8Array): Promise<Uint8Array | undefined> {
  const compressed = await gzipAsync(payload)
  return compressed.length < payload.length ? compressed : undefined
}
