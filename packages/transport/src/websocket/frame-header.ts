/** Header of a WebSocket frame that is a whole binary message (RFC 6455 §5.2). */

/** First byte: FIN set, no reserved bit set, opcode 2. */
export const binaryMessage = 0x82

/** Longest header: two bytes, eight of length, four of the masking key. */
export const maxHeaderBytes = 14

const maskBit = 0x80
const lengthBits = 0x7f
const length16 = 126
const length64 = 127

/** Returns the size of the header before `payloadBytes`, with the masking key where there is one. */
export function headerBytes(payloadBytes: number, masked: boolean): number {
  const keyBytes = masked ? 4 : 0
  if (payloadBytes < length16) return 2 + keyBytes
  return (payloadBytes <= 0xffff ? 4 : 10) + keyBytes
}

/** Returns the memory of a frame together with the room for its header. */
export function withHeader(frame: Uint8Array, masked: boolean): Uint8Array {
  const start = headerBytes(frame.length, masked)
  return new Uint8Array(frame.buffer, frame.byteOffset - start, start + frame.length)
}

/** Writes the header to `target` from `offset` on. */
export function writeHeader(target: Uint8Array, offset: number, payloadBytes: number, key?: Uint8Array): void {
  const masked = key === undefined ? 0 : maskBit
  target[offset] = binaryMessage
  let at = offset + 2
  if (payloadBytes < length16) {
    target[offset + 1] = masked | payloadBytes
  } else if (payloadBytes <= 0xffff) {
    target[offset + 1] = masked | length16
    target[at++] = payloadBytes >>> 8
    target[at++] = payloadBytes & 0xff
  } else {
    target[offset + 1] = masked | length64
    const high = Math.floor(payloadBytes / 0x1_0000_0000)
    for (const word of [high, payloadBytes]) {
      for (let shift = 24; shift >= 0; shift -= 8) target[at++] = (word >>> shift) & 0xff
    }
  }
  if (key !== undefined) target.set(key, at)
}

/** Returns the size of the header with this second byte. */
export function headerBytesOf(second: number): number {
  return 2 + lengthBytesOf(second) + (isMasked(second) ? 4 : 0)
}

/** Returns the payload bytes announced by the header at `offset`, which must be complete. */
export function readPayloadBytes(bytes: Uint8Array, offset: number): number {
  const second = bytes[offset + 1] ?? 0
  const end = offset + 2 + lengthBytesOf(second)
  if (end === offset + 2) return second & lengthBits
  let value = 0
  for (let at = offset + 2; at < end; at++) value = value * 256 + (bytes[at] ?? 0)
  return value
}

export function isMasked(second: number): boolean {
  return (second & maskBit) !== 0
}

/** Returns the size of the length field after the first two bytes. */
function lengthBytesOf(second: number): number {
  const length = second & lengthBits
  if (length === length64) return 8
  return length === length16 ? 2 : 0
}
