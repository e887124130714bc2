/** First byte of every message that we write: major 0, minor 1, four bits each. */
export const protocolVersion = 0x01

/** The only major version that we read; another one may have moved any field. */
export const majorVersion = protocolVersion >> 4

/**
 * Returns the minor version of a message. Minor versions other than ours are read as well; a session logs the first it
 * receives.
 */
export function minorVersion(bytes: Uint8Array): number {
  return bytes[0]! & 0x0f
}
