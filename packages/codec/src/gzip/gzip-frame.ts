import { CodecError } from '../errors.js'

/** Smallest gzip stream: header(10), an empty deflate stream(2), CRC32(4), ISIZE(4). */
const minGzipBytes = 20
const trailerBytes = 8

/** Largest ratio of a deflate stream: 258 bytes in 2 bits. */
const maxDeflateRatio = 1032

/** Header flags, RFC 1952 §2.3.1. */
const hasHeaderCrc = 0x02
const hasExtra = 0x04
const hasName = 0x08
const hasComment = 0x10
const reservedFlags = 0xe0

/** Parts of a gzip stream; the data is not inflated yet. */
export interface GzipFrame {
  /** The raw deflate stream, a view. */
  readonly deflated: Uint8Array
  readonly crc32: number
  /** Inflated size from the trailer; never over the given limit, nor over the maximum of deflate. */
  readonly inflatedBytes: number
}

/**
 * Parses a gzip stream of exactly one member (RFC 1952 §2.2). With a second member or trailing bytes the trailer would
 * give a wrong size, which flow control uses, so no bytes may follow.
 */
export function readGzipFrame(bytes: Uint8Array, maxInflatedBytes: number): GzipFrame {
  if (!Number.isSafeInteger(maxInflatedBytes) || maxInflatedBytes < 1) {
    throw new RangeError(`maxInflatedBytes must be a whole number of at least 1, it is ${maxInflatedBytes}`)
  }
  const size = inflatedBytes(bytes)
  const end = bytes.length - trailerBytes
  const deflated = bytes.subarray(headerEnd(bytes, end), end)
  if (size > deflated.length * maxDeflateRatio) throw badGzip(`${deflated.length} bytes cannot inflate to ${size}`)
  if (size > maxInflatedBytes) throw inflatedTooLarge(size, maxInflatedBytes)
  return { deflated, crc32: readU32LittleEndian(bytes, end), inflatedBytes: size }
}

/** Returns the uncompressed size in the trailer of a gzip stream (ISIZE, modulo 2^32). */
export function inflatedBytes(bytes: Uint8Array): number {
  if (bytes.length < minGzipBytes) {
    throw badGzip(`the stream has ${bytes.length} bytes, the smallest has ${minGzipBytes}`)
  }
  return readU32LittleEndian(bytes, bytes.length - 4)
}

/** Compares the result with the trailer. */
export function checkInflated(frame: GzipFrame, inflated: Uint8Array, crc32: number): Uint8Array {
  if (inflated.length !== frame.inflatedBytes) {
    throw badGzip(`it inflates to ${inflated.length} bytes, its trailer says ${frame.inflatedBytes}`)
  }
  if (crc32 !== frame.crc32) throw badGzip(`its CRC-32 is ${crc32}, its trailer says ${frame.crc32}`)
  return inflated
}

export function badGzip(detail: string, cause?: unknown): CodecError {
  return new CodecError('ERR_CODEC_BAD_GZIP', `not one whole gzip stream: ${detail}`, { cause })
}

function inflatedTooLarge(size: number, limit: number): CodecError {
  return new CodecError('ERR_CODEC_INFLATED_TOO_LARGE', `the payload inflates to ${size} bytes, the limit is ${limit}`)
}

function headerEnd(bytes: Uint8Array, limit: number): number {
  const flags = bytes[3]!
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || flags & reservedFlags) throw badGzip('wrong header')
  let at = 10
  if (flags & hasExtra) at += 2 + (bytes[at]! | (bytes[at + 1]! << 8))
  if (flags & hasName) at = afterZero(bytes, at)
  if (flags & hasComment) at = afterZero(bytes, at)
  if (flags & hasHeaderCrc) at += 2
  if (at >= limit) throw badGzip('its header does not end')
  return at
}

/** Returns the position after the zero byte that ends a header text, or past the end. */
function afterZero(bytes: Uint8Array, at: number): number {
  const zero = bytes.indexOf(0, at)
  return zero < 0 ? bytes.length : zero + 1
}

function readU32LittleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
