import { BlockList, isIP } from 'node:net'

/** Proxies trusted to report their clients' addresses. */
export interface TrustedProxies {
  /** Whether the list is empty. */
  readonly isEmpty: boolean
  /** Whether the proxy at `address` is trusted. @param address undefined for a connection through a UNIX socket */
  has(address: string | undefined): boolean
}

/**
 * Reads addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`, and `unix` for all users of the UNIX
 * socket.
 *
 * @throws RangeError naming the value and the limit
 */
export function parseTrustedProxies(places: readonly string[]): TrustedProxies {
  const networks = new BlockList()
  let unix = false
  for (const place of places) {
    if (place === 'unix') unix = true
    else addNetwork(networks, place)
  }
  return {
    isEmpty: places.length === 0,
    has(address) {
      if (address === undefined) return unix
      // BlockList makes an object of each address, and most servers have no trusted proxies.
      if (places.length === 0) return false
      const version = isIP(address)
      // BlockList finds IPv4-mapped IPv6 addresses in IPv4 networks too.
      return version !== 0 && networks.check(address, familyOf(version))
    },
  }
}

function addNetwork(networks: BlockList, place: string): void {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(place) ?? []
  const version = isIP(address)
  // A zone ("%eth0") is local to one machine and not part of the comparison.
  if (version === 0 || address.includes('%')) {
    throw new RangeError(`the trusted proxy "${place}" is no address, no network like 10.0.0.0/8, and not "unix"`)
  }
  const most = version === 4 ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  if (length > most) throw new RangeError(`the trusted proxy "${place}" has ${length} bits; the limit is ${most}`)
  networks.addSubnet(address, length, familyOf(version))
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6'
}
