import { crc32, gzip, gzipSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib'
import type { Compressor } from './gzip/compression.js'
import { badGzip, checkInflated, readGzipFrame, type GzipFrame } from './gzip/gzip-frame.js'
import { gzipLevel } from './gzip/gzip-level.js'
import { Inflation } from './gzip/inflation.js'

export type { InflationOwner } from './gzip/compression.js'
export { Inflation } from './gzip/inflation.js'

/** Compressor that uses `node:zlib`. `gzip` and `gunzip` run synchronously, on the calling thread. */
export const nodeCompressor: Compressor = {
  gzip: (bytes) => gzipSync(bytes, gzipOptions),
  gunzip(bytes, maxInflatedBytes) {
    const frame = readGzipFrame(bytes, maxInflatedBytes)
    return checkOutput(frame, inflateSync(frame))
  },
  inflate: (bytes, maxInflatedBytes, owner) => new Inflation(bytes, maxInflatedBytes, owner),
}

/**
 * Runs `nodeCompressor.gzip` off the event loop: a mebibyte takes milliseconds, for which no other channel should wait.
 * The caller must keep messages in order.
 */
export function gzipAsync(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzip(bytes, gzipOptions, (error, output) => (error ? reject(error) : resolve(output)))
  })
}

/** Runs `nodeCompressor.gunzip` off the event loop, with the same limits; rejects where that throws. */
export async function gunzipAsync(bytes: Uint8Array, maxInflatedBytes: number): Promise<Uint8Array> {
  const frame = readGzipFrame(bytes, maxInflatedBytes)
  return checkOutput(frame, await inflateAsync(frame))
}

/** Result of zlib with `info`, which its type declarations omit. */
interface InflateOutput {
  readonly buffer: Uint8Array
  /** `bytesWritten` counts the input bytes used. */
  readonly engine: { readonly bytesWritten: number }
}

const gzipOptions: ZlibOptions = { level: gzipLevel, chunkSize: 64 * 1024 }

function inflateSync(frame: GzipFrame): InflateOutput {
  try {
    return inflateRawSync(frame.deflated, inflateOptions(frame)) as unknown as InflateOutput
  } catch (cause) {
    throw badGzip('its deflate stream is broken', cause)
  }
}

function inflateAsync(frame: GzipFrame): Promise<InflateOutput> {
  return new Promise((resolve, reject) => {
    inflateRaw(frame.deflated, inflateOptions(frame), (cause, output) =>
      cause ? reject(badGzip('its deflate stream is broken', cause)) : resolve(output as unknown as InflateOutput),
    )
  })
}

/**
 * Options for one output buffer of the promised size, with a byte to spare so that zlib detects the end without another
 * buffer; inflating stops where the size is exceeded. zlib needs 64 bytes at least, and a maximum over zero.
 */
function inflateOptions({ inflatedBytes }: GzipFrame): ZlibOptions {
  return { chunkSize: Math.max(64, inflatedBytes + 1), maxOutputLength: Math.max(1, inflatedBytes), info: true }
}

function checkOutput(frame: GzipFrame, { buffer, engine }: InflateOutput): Uint8Array {
  if (engine.bytesWritten !== frame.deflated.length) {
    throw badGzip(`${frame.deflated.length - engine.bytesWritten} bytes follow the end of its deflate stream`)
  }
  return checkInflated(frame, buffer, crc32(buffer))
}
