import { CodecError } from '../errors.js'
import { channelIdBytes } from '../message/channel-id.js'
import { decodeShortText } from './text.js'

const maxSafeHigh = Math.floor(Number.MAX_SAFE_INTEGER / 0x1_0000_0000)

/**
 * Reads a message from left to right. Each read names its field, so that the error of a short message says what is
 * missing. Bytes are returned as views.
 */
export class Reader {
  readonly #bytes: Uint8Array
  #offset: number

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes
    this.#offset = offset
  }

  /** Whether all bytes are read: decides about optional fields. */
  get ended(): boolean {
    return this.#offset >= this.#bytes.length
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#offset
  }

  u8(field: string): number {
    return this.#bytes[this.#take(1, field)]!
  }

  u16(field: string): number {
    const at = this.#take(2, field)
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!
  }

  u32(field: string): number {
    return readU32(this.#bytes, this.#take(4, field))
  }

  /** Reads a 64-bit number; a number over 2^53 - 1 is refused, since it could not be counted exactly. */
  u64(field: string): number {
    const at = this.#take(8, field)
    const high = readU32(this.#bytes, at)
    if (high <= maxSafeHigh) return high * 0x1_0000_0000 + readU32(this.#bytes, at + 4)
    throw new CodecError('ERR_CODEC_BAD_VALUE', `${field} is over the largest readable, ${Number.MAX_SAFE_INTEGER}`)
  }

  /** Reads a flag: zero is false, any other value true, as deployed peers read it. */
  flag(field: string): boolean {
    return this.u8(field) !== 0
  }

  bytes(length: number, field: string): Uint8Array {
    const at = this.#take(length, field)
    return this.#bytes.subarray(at, at + length)
  }

  id(field: string): Uint8Array {
    return this.bytes(channelIdBytes, field)
  }

  /** Reads bytes after a length byte. */
  shortBytes(field: string): Uint8Array {
    return this.bytes(this.u8(field), field)
  }

  /** Reads text after a length byte. */
  shortText(field: string): string {
    return decodeShortText(this.shortBytes(field), 0xff)
  }

  /** Reads text after a length byte where the message may end before it; empty text counts as none. */
  optionalText(field: string): string | undefined {
    return this.ended ? undefined : this.shortText(field) || undefined
  }

  #take(length: number, field: string): number {
    const at = this.#offset
    if (at + length > this.#bytes.length) throw truncated(field, length, at, this.#bytes.length)
    this.#offset = at + length
    return at
  }
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

export function truncated(field: string, length: number, at: number, end: number): CodecError {
  return new CodecError(
    'ERR_CODEC_TRUNCATED',
    `${field} needs ${length} bytes at offset ${at}, the message ends at ${end}`,
  )
}
