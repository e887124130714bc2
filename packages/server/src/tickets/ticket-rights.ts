import { type ServedClient, bothChecks, type ChannelSlots, EntryRules, type TargetRules } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { ForwardRights } from '../policy/admit-forwarded.js'
import type { TokenUse } from '../policy/token-use.js'
import { tenantOf } from '../tokens/tenant.js'

/** Rights of a client with a ticket: the targets of the ticket in addition to the rules of its token. */
export function narrowed(asker: ServedClient, rules: TargetRules | undefined): ServedClient {
  return rules === undefined ? asker : { ...asker, rules: bothChecks(asker.rules, rules) }
}

/** Limits of a connector. @param ownSlots Slots of its tenant, for a token without a policy */
export function forwardRights(
  { record, ticket }: Peer,
  use: TokenUse | undefined,
  ownSlots: ChannelSlots,
  { dns }: ResolvedServerOptions,
): ForwardRights {
  const refused = (reason: string): void => use?.refused(reason)
  if (ticket?.rules === undefined) return use ?? { entryRules: undefined, slots: ownSlots, refused }
  const user = bothChecks(use?.policy.targets, ticket.rules)
  const entryRules = new EntryRules([], { dns, user, tenant: tenantOf(record) })
  return { entryRules, slots: use?.slots ?? ownSlots, refused }
}
