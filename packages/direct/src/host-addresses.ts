import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'

/** Most addresses of our own interfaces, by family: a Go program tries seven addresses, one after the other. */
const maxHosts = { IPv4: 3, IPv6: 2 } as const

/** Address of a network interface of this machine. */
type InterfaceAddress = Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>

/** Addresses of this machine that a peer may reach, at most five; that of the loopback only where there is no other. */
export function ownAddresses(): string[] {
  return hostAddresses(Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []))
}

/** Those of these addresses that a peer may reach. */
export function hostAddresses(all: readonly InterfaceAddress[]): string[] {
  const ofFamily = (family: 'IPv4' | 'IPv6'): string[] =>
    all
      .filter((each) => each.family === family && !each.internal && !isLinkLocal.test(each.address))
      .map(({ address }) => address)
      .slice(0, maxHosts[family])
  const hosts = [...ofFamily('IPv4'), ...ofFamily('IPv6')]
  return hosts.length === 0 ? ['127.0.0.1'] : hosts
}

/** Addresses of one network segment, which need the name of an interface. */
export const isLinkLocal = /^(?:fe[89ab]|169\.254\.)/i
