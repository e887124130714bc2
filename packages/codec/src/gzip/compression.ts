import { gzipSync, Inflate } from 'fflate'
import { CodecError } from '../errors.js'
import { crc32 } from './crc32.js'
import { badGzip, checkInflated, readGzipFrame, type GzipFrame } from './gzip-frame.js'
import { gzipLevel } from './gzip-level.js'

/** Gzip for the payload of Data messages: `fflateCompressor` anywhere, `nodeCompressor` of `@ls/codec/node` on Node. */
export interface Compressor {
  /** Compresses into a gzip stream of one member without a file name or time. */
  gzip(bytes: Uint8Array): Uint8Array
  /**
   * Inflates a gzip stream of exactly one member; stops at the limit instead of checking the size afterwards.
   *
   * @throws CodecError `ERR_CODEC_INFLATED_TOO_LARGE` past `maxInflatedBytes`; `ERR_CODEC_BAD_GZIP` for a stream that
   *   is broken, cut short, followed by more bytes, or not of the size in its trailer.
   */
  gunzip(bytes: Uint8Array, maxInflatedBytes: number): Uint8Array
  /**
   * Inflates in pieces, as fast as the owner accepts them; throws like `gunzip` if the frame alone shows a fault. The
   * owner gets its first call after this method has returned. A compressor without this method inflates data in transit
   * in one call.
   */
  inflate?(bytes: Uint8Array, maxInflatedBytes: number, owner: InflationOwner): Inflating
}

/** One gzip stream while it is being inflated. */
export interface Inflating {
  /** Continues after `onPiece` returned false. */
  onDrain(): void
  /** Stops: the rest is no longer needed. */
  stop(): void
}

/** Receiver of the inflated bytes. */
export interface InflationOwner {
  /** Receives at most 64 KiB, in order; returns false to get no more before {@link Inflating.onDrain}. */
  onPiece(piece: Uint8Array): boolean
  /** All bytes were delivered, and match the trailer. */
  onDone(): void
  /**
   * The stream does not match its trailer; no more pieces follow. Earlier pieces must not be used as a complete result.
   */
  onError(error: CodecError): void
}

/**
 * Gzip in plain JavaScript, for browsers and workers; a quarter of the speed of Node's own.
 *
 * fflate does not report where in its input a deflate stream ended, so bytes hidden between that end and the trailer
 * are not detected; they are not delivered and change no size.
 */
export const fflateCompressor: Compressor = {
  gzip: (bytes) => gzipSync(bytes, { level: gzipLevel, mtime: 0 }),
  gunzip(bytes, maxInflatedBytes) {
    const frame = readGzipFrame(bytes, maxInflatedBytes)
    const inflated = inflate(frame)
    return checkInflated(frame, inflated, crc32(inflated))
  },
}

/** Compressed bytes per step, which limits the excess when a trailer is false: 8 KiB inflate to at most 8 MiB. */
const stepBytes = 8 * 1024

/**
 * A stored block of one byte (RFC 1951 §3.2.4), added after the stream: ignored if the stream has ended, otherwise an
 * error or a byte too many. fflate by itself does not detect a missing end at a byte boundary.
 */
const endProbe = Uint8Array.of(0x01, 0x01, 0x00, 0xfe, 0xff, 0x00)

function inflate(frame: GzipFrame): Uint8Array {
  const output = new Uint8Array(frame.inflatedBytes)
  let length = 0
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > output.length) throw badGzip(`it inflates past the ${output.length} bytes promised`)
    output.set(chunk, length)
    length += chunk.length
  })
  try {
    for (let at = 0; at < frame.deflated.length; at += stepBytes) {
      stream.push(frame.deflated.subarray(at, at + stepBytes))
    }
    stream.push(endProbe, true)
  } catch (cause) {
    throw cause instanceof CodecError ? cause : badGzip('its deflate stream is broken', cause)
  }
  return output.subarray(0, length)
}
