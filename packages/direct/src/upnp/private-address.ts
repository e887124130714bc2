import { specialNetworks } from '@ls/foundation'
import { blockListOf } from '../block-list.js'

const closed = blockListOf([...specialNetworks.private, ...specialNetworks.linkLocal])

/** Whether an IPv4 address cannot be reached from the internet. */
export function isPrivate(address: string): boolean {
  return closed.check(address)
}
