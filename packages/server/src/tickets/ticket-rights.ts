import { type Asker, bothChecks, EntryRules, ChannelSlots, type TargetRules } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { ForwardRights } from '../policy/admit-forwarded.js'
import type { TokenUse } from '../policy/token-use.js'
import { tenantOf } from '../tokens/tenant.js'

/** Rights of a client with a ticket: the targets of the ticket in addition to the rules of its token. */
export function narrowed(asker: Asker, rules: TargetRules | undefined): Asker {
  return rules === undefined ? asker : { ...asker, rules: bothChecks(asker.rules, rules) }
}

/** Limits of a connector; undefined if it has none. */
export function forwardRights(
  { record, ticket }: Peer,
  use: TokenUse | undefined,
  { dns }: ResolvedServerOptions,
): ForwardRights | undefined {
  if (ticket?.rules === undefined) return use
  const user = bothChecks(use?.policy.targets, ticket.rules)
  const entryRules = new EntryRules([], { dns, user, tenant: tenantOf(record) })
  return { entryRules, slots: use?.slots ?? noLimit, refused: (reason) => use?.refused(reason) }
}

/** Slots for tokens without a policy: the sessions of connectors have their own limit. */
const noLimit = new ChannelSlots({ limit: Infinity, what: 'channels' })
