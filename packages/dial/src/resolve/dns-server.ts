import { isIP, isIPv6 } from 'node:net'
import { formatHostPort, maxPort } from '@ls/foundation'

/**
 * Reads the address of a name server, `ADDR`, `ADDR:PORT` or `[ADDR]:PORT`, and returns it in the form that c-ares
 * accepts.
 *
 * @throws RangeError naming the text
 */
export function parseDnsServer(text: string): string {
  const [, bracketed, bare, port] =
    /^(?:\[([^\]]+)\]|([^[\]]+?))(?::(\d{1,5}))?$/.exec(isIPv6(text) ? `[${text}]` : text) ?? []
  const address = bracketed ?? bare ?? ''
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= maxPort)
  if (isIP(address) === 0 || !isPort || isIPv6(address) !== (bracketed !== undefined)) {
    throw new RangeError(`the name server "${text}" is not ADDR, ADDR:PORT or [ADDR]:PORT; it must be an IP address`)
  }
  return port === undefined ? address : formatHostPort(address, port)
}
