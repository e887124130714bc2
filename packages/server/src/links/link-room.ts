import type { Session } from '@ls/mux'
import { policyHolderOf, tenantOf } from '../tokens/tenant.js'
import { RetryLater } from '../tokens/tenants.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import type { Peer } from './peer.js'

/** A link that is to be admitted. */
export interface LinkToAdmit {
  readonly record: TokenRecord
  /** Session that the link continues, or that gets it as a second link; undefined for a new session. */
  readonly session: Session | undefined
  /** Whether the link replaces the session's link, or is a second one beside it. */
  readonly place: 'instead' | 'beside'
}

/**
 * Checks that one more link exceeds neither the part of all links that one token may have (a reverse token counts with
 * its connectors), nor the part for second links. Returns the number of other links that the policy of the token
 * counts.
 *
 * @throws RetryLater
 */
export function assertLinkRoom(
  peers: Iterable<Peer>,
  maxLinks: number,
  { record, session, place }: LinkToAdmit,
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
    throw new RetryLater('the server has too many links for second ones')
  }
  if (tenantLinks >= maxTokenLinks) throw new RetryLater(`the limit of ${maxTokenLinks} links of one token is reached`)
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
