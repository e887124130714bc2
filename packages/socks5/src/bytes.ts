export const noBytes = new Uint8Array(0)

/** Joins two arrays; returns one of them unchanged where the other is empty. */
export function concatBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second
  if (second.length === 0) return first
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}

/** Reads 16 bits, big-endian, at `offset`. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!
}

export function writeUint16(bytes: Uint8Array, value: number, offset: number): void {
  bytes[offset] = value >> 8
  bytes[offset + 1] = value & 0xff
}
