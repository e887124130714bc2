import { gzipAsync } from '@ls/codec/node'

/** Compresses off the event loop; undefined when the result is not smaller. */
export async function gzipIfSmaller(payload: Uint8Array): Promise<Uint8Array | undefined> {
  const compressed = await gzipAsync(payload)
  return compressed.length < payload.length ? compressed : undefined
}
