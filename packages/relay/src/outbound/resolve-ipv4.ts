import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'
import type { Address } from '@ls/codec'
import { RelayError } from '../errors.js'
import { formatTarget } from '../target.js'
import type { AddressCheck } from './dial.js'

export interface ResolveIpv4Options {
  /** Asked about each address; the first that it lets through is taken. @default none is refused */
  readonly check?: AddressCheck
  /** @default the system's resolver */
  readonly lookupAll?: (name: string) => Promise<readonly { readonly address: string }[]>
}

/**
 * The target by its IPv4 address, the first that is allowed.
 *
 * @throws the error of `check` where it refuses every address; RelayError `dns` where there is none; the resolver's own error
 */
export async function resolveIpv4(target: Address, options: ResolveIpv4Options): Promise<Address> {
  const { check, lookupAll = systemLookup } = options
  if (isIP(target.host) !== 0) return target
  let refusal: Error | undefined
  for (const { address } of await lookupAll(target.host)) {
    const fault = check?.(address, target.port)
    if (fault === undefined) return { host: address, port: target.port }
    refusal ??= fault
  }
  throw refusal ?? new RelayError({ word: 'dns', detail: `${formatTarget(target)} has no IPv4 address` })
}

function systemLookup(name: string): Promise<{ address: string }[]> {
  return dns.lookup(name, { family: 4, all: true })
}
