import { parseIpAddress } from './ip-address.js'
import { isInNetwork, parseIpNetwork } from './ip-network.js'

/** Set of client addresses. */
export interface Networks {
  /** Whether `address`, as {@link plainAddress} returns it, is in the set. */
  has(address: string): boolean
}

/**
 * Parses addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`.
 *
 * @throws RangeError naming the text that is neither
 */
export function parseNetworks(places: readonly string[]): Networks {
  const networks = places.map((place) => {
    const network = place.includes('%') ? undefined : parseIpNetwork(place)
    if (network === undefined) throw new RangeError(`"${place}" is no address and no network like 10.0.0.0/8`)
    return network
  })
  return {
    has(text) {
      const address = parseIpAddress(text)
      return address !== undefined && networks.some((network) => isInNetwork(address, network))
    },
  }
}
