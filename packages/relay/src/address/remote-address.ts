/** Used for a connection that is already gone. */
const unknownAddress = 'unknown'

/**
 * The address of a client in its usual form. A socket that listens on `::` shows IPv4 clients as `::ffff:1.2.3.4` (RFC
 * 4291 §2.5.5.2), which would also give one client two entries in tables per address.
 */
export function plainAddress(address: string | undefined): string {
  if (address === undefined || address === '') return unknownAddress
  const mapped = mappedPattern.exec(address)
  return mapped?.[1] ?? address
}

const mappedPattern = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
