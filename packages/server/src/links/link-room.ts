import type { Session } from '@ls/mux'
import { policyHolderOf, tenantOf } from '../tokens/tenant.js'
import { Crowded } from '../tokens/tenants.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import type { Peer } from './peer.js'

/** A link that is to be admitted. */
export interface LinkRequest {
  readonly record: TokenRecord
  /** Session that the link continues or gets beside; undefined for a new one. */
  readonly session: Session | undefined
  /** Whether the session has both links then. */
  readonly place: 'instead' | 'beside'
}

/**
 * Checks that a link does not exceed the part of all links that one token may have, with the connectors of a reverse
 * token, nor that of second links. Returns the number of other links that the policy of the token counts.
 *
 * @throws Crowded
 */
export function assertLinkRoom(
  peers: Iterable<Peer>,
  maxLinks: number,
  { record, session, place }: LinkRequest,
): number {
  const [tenant, holder] = [tenantOf(record), policyHolderOf(record)]
  const maxTokenLinks = Math.ceil(maxLinks * tokenPart)
  let links = 0
  let tenantLinks = 0
  let allLinks = 0
  for (const peer of peers) {
    const isOwn = peer.session === session
    const count = isOwn ? Number(place === 'beside') : linksOf(peer.session)
    allLinks += count
    if (policyHolderOf(peer.record) === holder && !isOwn) links += Number(peer.session.linked)
    if (tenantOf(peer.record) === tenant) tenantLinks += count
  }
  if (place === 'beside' && allLinks >= maxLinks * besidePart) {
    throw new Crowded('the server has too many links for second ones')
  }
  if (tenantLinks >= maxTokenLinks) throw new Crowded(`the limit of ${maxTokenLinks} links of one token is reached`)
  return links
}

/** Number of connections of a session: a second link, for urgent messages, counts as one more. */
function linksOf({ linked, hasUrgent }: Session): number {
  return Number(linked) + Number(hasUrgent)
}

/** Largest part of all links that one token may have: some are left for others. */
const tokenPart = 2 / 3

/** Part of all links that may be in use when a session gets a second one: the rest is left for new clients. */
const besidePart = 1 / 2
