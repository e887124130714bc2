/** The first byte of every message we write: major 0, minor 1, one nibble each. */
export const protocolVersion = 0x01

/** The only major version we read; another one may have moved any field. */
export const majorVersion = protocolVersion >> 4

/**
 * The minor version a message was written with. Minors other than ours are read all the same; a session logs the
 * first it sees.
 */
export function minorVersion(bytes: Uint8Array): number {
  return bytes[0]! & 0x0f
}
