/** The header of a WebSocket frame that is a whole binary message (RFC 6455 §5.2). */

/** FIN set, nothing reserved set, opcode 2. */
export const binaryMessage = 0x82

/** Two bytes, eight of length, four of the masking key. */
export const maxHeaderBytes = 14

const maskBit = 0x80
const length16 = 126
const length64 = 127

/** Bytes of the header in front of `payloadBytes`, with the masking key where there is one. */
export function headerBytes(payloadBytes: number, masked: boolean): number {
  const keyBytes = masked ? 4 : 0
  if (payloadBytes < length16) return 2 + keyBytes
  return (payloadBytes <= 0xffff ? 4 : 10) + keyBytes
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

/** How many bytes the header takes that starts with these two. */
export function headerBytesOf(second: number): number {
  const length = second & 0x7f
  const lengthBytes = length === length16 ? 2 : length === length64 ? 8 : 0
  return 2 + lengthBytes + ((second & maskBit) === 0 ? 0 : 4)
}

/** Payload bytes announced by the header at `offset`, whose bytes are all there. */
export function readPayloadBytes(bytes: Uint8Array, offset: number): number {
  const length = (bytes[offset + 1] ?? 0) & 0x7f
  if (length < length16) return length
  const end = offset + (length === length16 ? 4 : 10)
  let value = 0
  for (let at = offset + 2; at < end; at++) value = value * 256 + (bytes[at] ?? 0)
  return value
}

export function isMasked(second: number): boolean {
  return (second & maskBit) !== 0
}
