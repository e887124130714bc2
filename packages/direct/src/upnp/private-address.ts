import { BlockList } from 'node:net'

const blocks = new BlockList()
// RFC 1918, RFC 6598 (the NAT of a provider), RFC 3927.
blocks.addSubnet('10.0.0.0', 8)
blocks.addSubnet('172.16.0.0', 12)
blocks.addSubnet('192.168.0.0', 16)
blocks.addSubnet('100.64.0.0', 10)
blocks.addSubnet('169.254.0.0', 16)

/** Whether an IPv4 address cannot be reached from the internet. */
export function isPrivate(address: string): boolean {
  return blocks.check(address)
}
