import { parseIpv4, parseIpv6 } from '@ls/foundation'
import { fromIpv6, type IpAddress } from './ip-address.js'

/** All addresses that begin with the same bits. */
export interface IpNetwork {
  readonly bytes: Uint8Array
  readonly bits: number
}

/**
 * Parses `10.0.0.0/8` or `2001:db8::/32`; without a prefix length, one address. Networks within the IPv4-mapped and
 * -compatible addresses become IPv4 networks, as the addresses do.
 *
 * @returns undefined for any other text, also for a prefix length out of range
 */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [literal = '', prefix, more] = text.split('/')
  const bytes = parseIpv4(literal) ?? parseIpv6(literal)
  if (bytes === undefined || more !== undefined) return undefined
  const bits = prefix === undefined ? bytes.length * 8 : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (!(bits <= bytes.length * 8)) return undefined
  if (bytes.length === 4 || bits < 96) return { bytes, bits }
  const address = fromIpv6(bytes)
  return address.family === 4 ? { bytes: address.bytes, bits: bits - 96 } : { bytes, bits }
}

/** Whether `address` is in `network`; false if they are of different families. */
export function isInNetwork({ bytes }: IpAddress, network: IpNetwork): boolean {
  if (bytes.length !== network.bytes.length) return false
  const whole = network.bits >> 3
  for (let i = 0; i < whole; i++) if (bytes[i] !== network.bytes[i]) return false
  const shift = 8 - (network.bits & 7)
  return shift === 8 || bytes[whole]! >> shift === network.bytes[whole]! >> shift
}
