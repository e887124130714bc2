import { fromIpv4, type IpAddress } from './ip-address.js'

/**
 * Parses the other forms of an IPv4 address that resolvers accept, as `inet_aton` of POSIX does: one to four numbers,
 * decimal, octal (`0177`) or hexadecimal (`0x7f`), of which the last fills all remaining bytes. `127.1`, `2130706433`
 * and `0x7f000001` are all 127.0.0.1.
 *
 * @returns undefined for any other text
 */
export function parseNumberAddress(text: string): IpAddress | undefined {
  const parts = text.split('.')
  if (parts.length > 4) return undefined
  const numbers = parts.map(readNumber)
  const last = numbers.pop() ?? Number.NaN
  const restBytes = 4 - numbers.length
  if (!(last < 256 ** restBytes) || !numbers.every((number) => number < 256)) return undefined
  const bytes = new Uint8Array(4)
  bytes.set(numbers)
  for (let i = 3, rest = last; i >= numbers.length; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  return fromIpv4(bytes)
}

/** Whether the last label is a number. No such name exists (RFC 3696 §2), and some resolvers read it as an address. */
export function endsInNumber(name: string): boolean {
  return /(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(name)
}

/** Value of a number; NaN for any other text. */
function readNumber(text: string): number {
  if (/^0x[\da-f]{1,16}$/i.test(text)) return Number.parseInt(text.slice(2), 16)
  if (/^0[0-7]{0,20}$/.test(text)) return Number.parseInt(text, 8)
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
}
