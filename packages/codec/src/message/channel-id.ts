import { v4 } from 'uuid'
import { CodecError } from '../errors.js'

/** Length of a channel id, and of every other id on the wire. */
export const channelIdBytes = 16

/**
 * A channel id as a Map key: the 16 bytes as 8 UTF-16 units. Opaque; to show an id, format the bytes.
 *
 * Peers may use any 16 bytes, so a key is made from bytes, never from UUID text (which also costs ten times more).
 */
export type ChannelKey = string & { readonly __channelKey: never }

/**
 * Reads the key of the id that starts at `offset`.
 *
 * @throws CodecError `ERR_CODEC_TRUNCATED` when fewer than 16 bytes are left; RangeError for an offset below 0.
 */
export function channelKey(bytes: Uint8Array, offset = 0): ChannelKey {
  if (offset < 0 || offset + channelIdBytes > bytes.length) throw missingId(bytes, offset)
  return String.fromCharCode(
    (bytes[offset]! << 8) | bytes[offset + 1]!,
    (bytes[offset + 2]! << 8) | bytes[offset + 3]!,
    (bytes[offset + 4]! << 8) | bytes[offset + 5]!,
    (bytes[offset + 6]! << 8) | bytes[offset + 7]!,
    (bytes[offset + 8]! << 8) | bytes[offset + 9]!,
    (bytes[offset + 10]! << 8) | bytes[offset + 11]!,
    (bytes[offset + 12]! << 8) | bytes[offset + 13]!,
    (bytes[offset + 14]! << 8) | bytes[offset + 15]!,
  ) as ChannelKey
}

/** Makes a new random id (UUID version 4, RFC 9562 §5.4). */
export function newChannelId(): Uint8Array {
  return v4({ rng: nextRandomBytes }, new Uint8Array(channelIdBytes))
}

/**
 * Formats an id as 8-4-4-4-12 hex digits, for logs, and for sessions and instances in a query. Never throws: any bytes
 * are formatted, and missing bytes show as `??`.
 */
export function formatChannelId(bytes: Uint8Array, offset = 0): string {
  let text = ''
  for (let index = 0; index < channelIdBytes; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
    text += hexOf[bytes[offset + index] ?? -1] ?? '??'
  }
  return text
}

/** Returns the 16 bytes of 8-4-4-4-12 hex digits of either case, or undefined for any other text. */
export function parseUuid(text: string): Uint8Array | undefined {
  if (!uuidPattern.test(text)) return undefined
  const digits = text.replaceAll('-', '')
  return Uint8Array.from({ length: channelIdBytes }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  )
}

/** Random bytes for many ids: a separate call for each takes ten times as long as the rest of a new id. */
const randomBytes = new Uint8Array(256 * channelIdBytes)
let randomBytesUsed = randomBytes.length

function nextRandomBytes(): Uint8Array {
  if (randomBytesUsed === randomBytes.length) {
    crypto.getRandomValues(randomBytes)
    randomBytesUsed = 0
  }
  return randomBytes.subarray(randomBytesUsed, (randomBytesUsed += channelIdBytes))
}

/** Pattern of a UUID of any version and variant: peers need not follow RFC 9562. */
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function missingId(bytes: Uint8Array, offset: number): Error {
  if (offset < 0) return new RangeError(`an id cannot begin at offset ${offset}: the type has none`)
  return new CodecError(
    'ERR_CODEC_TRUNCATED',
    `an id needs ${channelIdBytes} bytes at offset ${offset}, the message ends at ${bytes.length}`,
  )
}
