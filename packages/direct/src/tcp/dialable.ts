import { isIPv6 } from 'node:net'
import { isLoopback, specialNetworks } from '@ls/foundation'
import { blockListOf } from '../block-list.js'

const { unspecified, linkLocal, multicast, broadcast, metadata } = specialNetworks
const closed = blockListOf([
  ...unspecified,
  ...linkLocal,
  ...multicast,
  ...broadcast,
  ...metadata,
  // IPv6 addresses that lead to an IPv4 address: NAT64 and 6to4. A mapped one is checked as what it leads to.
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
])

/**
 * Whether a peer may have us dial this address. Loopback is open only to a machine whose own addresses, `own`, are of
 * loopback: without any network, the peer must be on this machine.
 */
export function mayDial(address: string, own: readonly string[]): boolean {
  if (closed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return false
  return !isLoopback(address) || own.every(isLoopback)
}
