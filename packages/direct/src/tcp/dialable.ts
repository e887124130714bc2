import { BlockList, isIPv6 } from 'node:net'
import { isLoopback } from '@ls/foundation'

const closed = new BlockList()
// Unspecified (an alias of loopback), link-local, multicast and broadcast.
closed.addSubnet('0.0.0.0', 8)
closed.addSubnet('169.254.0.0', 16)
closed.addSubnet('224.0.0.0', 4)
closed.addAddress('255.255.255.255')
closed.addAddress('::', 'ipv6')
closed.addSubnet('fe80::', 10, 'ipv6')
closed.addSubnet('ff00::', 8, 'ipv6')
// IPv6 addresses that lead to an IPv4 address: NAT64 and 6to4. A mapped one is checked as what it leads to.
closed.addSubnet('64:ff9b::', 96, 'ipv6')
closed.addSubnet('64:ff9b:1::', 48, 'ipv6')
closed.addSubnet('2002::', 16, 'ipv6')
// Metadata services that are not link-local: AWS, Google, Alibaba, Azure and Oracle.
closed.addAddress('fd00:ec2::254', 'ipv6')
closed.addAddress('fd20:ce::254', 'ipv6')
closed.addAddress('100.100.100.200')
closed.addAddress('168.63.129.16')
closed.addAddress('192.0.0.192')

/**
 * Whether a peer may have us dial this address. Loopback is open only to a machine whose own addresses, `own`, are of
 * loopback: without any network, the peer must be on this machine.
 */
export function mayDial(address: string, own: readonly string[]): boolean {
  if (closed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return false
  return !isLoopback(address) || own.every(isLoopback)
}
