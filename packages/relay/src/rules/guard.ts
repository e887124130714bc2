import { isLoopbackName, specialNetworks } from '@ls/foundation'
import { effectiveAddresses } from '../address/effective-addresses.js'
import type { IpAddress } from '../address/ip-address.js'
import { type IpNetwork, isInNetwork, parseIpNetwork } from '../address/ip-network.js'
import { OwnAddresses } from '../address/own-addresses.js'
import type { CheckedTarget } from '../target.js'

/**
 * Levels of targets closed to clients whose traffic leaves here: nothing (`none`), the machine itself and its links
 * (`local`), or private networks too (`private`).
 */
export const guardLevels = ['none', 'local', 'private'] as const

/** Guard level; see docs/guide/guard.md. */
export type GuardLevel = (typeof guardLevels)[number]

/** Options of a {@link Guard}: its level, and the machine's own ports. */
export interface GuardOptions {
  /** Level of the guard. @default 'none' */
  readonly guard?: GuardLevel | undefined
  /** TCP ports that this program listens on; `guard` closes them at the machine's own addresses. @default none */
  readonly ownPorts?: (() => Iterable<number>) | undefined
}

/** Blocks clients that use this machine's network from services that trust the machine because of its address. */
export class Guard {
  readonly #level: GuardLevel
  readonly #ownPorts: () => Iterable<number>
  readonly #ownAddresses: OwnAddresses

  /** @throws RangeError for an unknown level */
  constructor({ guard = 'none', ownPorts = () => [] }: GuardOptions = {}, ownAddresses = new OwnAddresses()) {
    if (!guardLevels.includes(guard))
      throw new RangeError(`guard is "${guard}"; it is one of ${guardLevels.join(', ')}`)
    this.#level = guard
    this.#ownPorts = ownPorts
    this.#ownAddresses = ownAddresses
  }

  /** Reason why the target is closed, as text to follow its name; undefined if it is open. */
  faultOf(target: CheckedTarget): string | undefined {
    if (this.#level === 'none') return undefined
    const place = this.#localPlace(target)
    if (place !== undefined) return `is ${place}, which the guard closes; --guard none opens it`
    if (this.#level === 'local' || findNetwork(target, privateNetworks) === undefined) return undefined
    return 'is in a private network, which the guard closes; --guard local opens it'
  }

  #localPlace(target: CheckedTarget): string | undefined {
    // The program that resolves it may be on this machine.
    if (target.address === undefined) return isLoopbackName(target.host) ? 'loopback' : undefined
    return findNetwork(target, localNetworks) ?? (this.#isOwnPort(target) ? 'a port of this program' : undefined)
  }

  #isOwnPort({ address, port }: CheckedTarget): boolean {
    const isHere = address !== undefined && effectiveAddresses(address).some(({ text }) => this.#ownAddresses.has(text))
    return isHere && [...this.#ownPorts()].includes(port)
  }
}

type NamedNetwork = readonly [network: IpNetwork, name: string]

function findNetwork({ address }: CheckedTarget, networks: readonly NamedNetwork[]): string | undefined {
  if (address === undefined) return undefined
  const found = effectiveAddresses(address).map((each) => nameOf(each, networks))
  return found.find((name) => name !== undefined)
}

function nameOf(address: IpAddress, networks: readonly NamedNetwork[]): string | undefined {
  return networks.find(([network]) => isInNetwork(address, network))?.[1]
}

function named(name: string, networks: readonly string[]): readonly NamedNetwork[] {
  return networks.map((text) => [parseIpNetwork(text)!, name])
}

const localNetworks: readonly NamedNetwork[] = [
  ...named('loopback', ['127.0.0.0/8', '::1']),
  ...named('an unspecified address', specialNetworks.unspecified),
  ...named('link-local', specialNetworks.linkLocal),
  ...named('a metadata service', specialNetworks.metadata),
  ...named('multicast', specialNetworks.multicast),
  ...named('broadcast', specialNetworks.broadcast),
]

const privateNetworks = named('private', specialNetworks.private)
