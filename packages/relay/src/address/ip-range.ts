import { type IpAddress, parseIpAddress } from './ip-address.js'

/** All addresses of one family from the first to the last, both included. */
export interface IpRange {
  readonly first: IpAddress
  readonly last: IpAddress
}

/**
 * Parses `192.168.1.1-192.168.2.255`, or `192.168.1.1-255` with the last byte alone, as LinkSocks 1.10 has them in its
 * access rules.
 *
 * @returns undefined for any other text, also for addresses of two families
 */
export function parseIpRange(text: string): IpRange | undefined {
  const [low = '', high = '', more] = text.split('-')
  if (more !== undefined) return undefined
  const first = parseIpAddress(low)
  if (first === undefined) return undefined
  const last = parseIpAddress(lastByte.test(high) && first.family === 4 ? low.replace(/\d+$/, high) : high)
  return last?.family === first.family ? { first, last } : undefined
}

export function isEmptyRange({ first, last }: IpRange): boolean {
  return compare(first, last) > 0
}

/** Whether an address is in a range; false for an address of the other family. */
export function isInRange(address: IpAddress, { first, last }: IpRange): boolean {
  return address.family === first.family && compare(first, address) <= 0 && compare(address, last) <= 0
}

function compare(one: IpAddress, two: IpAddress): number {
  return Buffer.compare(one.bytes, two.bytes)
}

const lastByte = /^\d{1,3}$/
