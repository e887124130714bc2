import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'
import type { Address } from '@ls/codec'
import { RelayError } from '../errors.js'
import { formatTarget } from '../target.js'
import type { AccessRules } from './access-rules.js'

export interface ResolveIpv4Options {
  readonly access?: AccessRules
  /** @default the system's resolver */
  readonly lookupAll?: (name: string) => Promise<readonly { readonly address: string }[]>
}

/** The target by its IPv4 address, the first that is allowed. @throws RelayError `forbidden`; the resolver's own error */
export async function resolveIpv4(target: Address, options: ResolveIpv4Options): Promise<Address> {
  const { access, lookupAll = systemLookup } = options
  if (isIP(target.host) !== 0) return target
  const found = await lookupAll(target.host)
  const allowed = found.find(({ address }) => access === undefined || access.allowsResolved(target, address))
  if (allowed !== undefined) return { host: allowed.address, port: target.port }
  throw new RelayError({ word: 'forbidden', detail: `${formatTarget(target)} resolves to no address that is allowed` })
}

function systemLookup(name: string): Promise<{ address: string }[]> {
  return dns.lookup(name, { family: 4, all: true })
}
