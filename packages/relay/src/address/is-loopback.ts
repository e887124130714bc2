import { isLocalhost } from '@ls/foundation'
import { parseHostName } from './host-name.js'
import { parseIpAddress } from './ip-address.js'
import { isInNetwork, parseIpNetwork } from './ip-network.js'

/** Whether `host`, an address or a name, is reachable only from this machine. */
export function isLoopback(host: string): boolean {
  const address = parseIpAddress(host)
  if (address !== undefined) return loopbackNetworks.some((network) => isInNetwork(address, network))
  const read = parseHostName(host)
  return 'name' in read && isLoopbackName(read.name)
}

/** Whether a name stands for loopback by RFC 6761 §6.3, or by the hosts file of common systems. */
export function isLoopbackName(name: string): boolean {
  return isLocalhost(name) || hostsFileNames.has(name)
}

const loopbackNetworks = ['127.0.0.0/8', '::1'].map((text) => parseIpNetwork(text)!)

const hostsFileNames: ReadonlySet<string> = new Set(['localhost.localdomain', 'ip6-localhost', 'ip6-loopback'])
