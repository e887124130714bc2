import { type Asker, bothChecks, EntryRules, ChannelSlots, type TargetRules } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options.js'
import type { ForwardRights } from '../policy/admit-forwarded.js'
import type { TokenUse } from '../policy/token-use.js'
import { tenantOf } from '../tokens/tenant.js'

/** The client that a channel is served for, with the targets of its ticket on top of those of its token. */
export function narrowed(asker: Asker, rules: TargetRules | undefined): Asker {
  return rules === undefined ? asker : { ...asker, rules: bothChecks(asker.rules, rules) }
}

/** What a connector may do; undefined if nothing limits it. */
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

/** For tokens without a policy: the sessions of connectors have their own limit. */
const noLimit = new ChannelSlots({ limit: Infinity, what: 'channels' })
