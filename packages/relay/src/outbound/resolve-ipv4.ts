import { isIP, isIPv4 } from 'node:net'
import type { Address } from '@ls/codec'
import { type LookupOptions, type NameResolver, resolveAll, systemResolver } from '@ls/dial'
import { RelayError } from '../errors.js'
import { formatTarget } from '../target.js'
import type { AddressCheck } from './dial.js'

export interface ResolveIpv4Options extends LookupOptions {
  /** Called for each address; the first allowed one is taken. @default none is refused */
  readonly check?: AddressCheck | undefined
  /** Resolves the name. @default the resolver shared in the process */
  readonly resolver?: NameResolver | undefined
}

/**
 * Resolves the target to its first allowed IPv4 address.
 *
 * @throws the error of `check` if it refuses every address; RelayError `dns` if there is none; the resolver's own error
 */
export async function resolveIpv4(target: Address, options: ResolveIpv4Options): Promise<Address> {
  const { check, resolver = systemResolver, tenant } = options
  if (isIP(target.host) !== 0) return target
  let refusal: Error | undefined
  for (const address of (await resolveAll(resolver, target.host, { tenant })).filter(isIPv4)) {
    const fault = check?.(address, target.port)
    if (fault === undefined) return { host: address, port: target.port }
    refusal ??= fault
  }
  throw refusal ?? new RelayError({ word: 'dns', detail: `${formatTarget(target)} has no IPv4 address` })
}
