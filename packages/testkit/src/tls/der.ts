/**
 * The part of DER (X.690) that a certificate needs: each value is a tag, the length of the content, and the content.
 */
export const der = {
  sequence: (...parts: readonly Buffer[]): Buffer => value(0x30, ...parts),
  set: (...parts: readonly Buffer[]): Buffer => value(0x31, ...parts),
  /** A positive one, given as its bytes. */
  integer: (bytes: Buffer): Buffer =>
    value(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes])),
  true: Buffer.of(0x01, 0x01, 0xff),
  octets: (...parts: readonly Buffer[]): Buffer => value(0x04, ...parts),
  /** Whole bytes: no bit of the last one is unused. */
  bits: (bytes: Buffer): Buffer => value(0x03, Buffer.of(0), bytes),
  utf8: (text: string): Buffer => value(0x0c, Buffer.from(text)),
  /** An object identifier, such as `2.5.4.3`. */
  oid: (dotted: string): Buffer => value(0x06, oidBytes(dotted)),
  /** UTCTime: years from 1950 to 2049. */
  time: (date: Date): Buffer => value(0x17, Buffer.from(`${date.toISOString().replaceAll(/\D/g, '').slice(2, 14)}Z`)),
  /** Context-specific, holds bytes. */
  primitive: (tag: number, bytes: Buffer): Buffer => value(0x80 + tag, bytes),
  /** Context-specific, holds other values. */
  constructed: (tag: number, ...parts: readonly Buffer[]): Buffer => value(0xa0 + tag, ...parts),
}

function value(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthBytes(content.length), content])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff)
}

function oidBytes(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return Buffer.from([first * 40 + second, ...others.flatMap(base128)])
}

/** Seven bits a byte, the highest first; all but the last have their top bit set. */
function base128(number: number): number[] {
  const high = Math.floor(number / 0x80)
  const bytes = high === 0 ? [] : base128(high).map((byte) => byte | 0x80)
  return [...bytes, number & 0x7f]
}
