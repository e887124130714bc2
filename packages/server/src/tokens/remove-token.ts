import type { Exposures } from '../expose/exposures.js'
import type { Peer } from '../links/peer.js'
import type { OtherNodes } from '../nodes/other-nodes.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { KeptTokens } from '../state/kept-tokens.js'
import type { OrphanedTokens } from './orphaned-tokens.js'
import type { TokenRecord, TokenRegistry } from './token-registry.js'
import { tokenKey } from './token-text.js'

/** All parts that store tokens. */
export interface TokenHolders {
  readonly tokens: TokenRegistry
  readonly peers: Iterable<Peer>
  readonly uses: TokenUses
  readonly kept: KeptTokens | undefined
  readonly orphans: OrphanedTokens
  readonly exposures: Exposures
  readonly groups: ReverseGroups
  readonly relay: Relay | undefined
  readonly nodes: OtherNodes | undefined
}

/** Options of a removal. */
export interface Removal {
  /** Reason that its users receive. @default 'the token was removed' */
  readonly reason?: string | undefined
  /** Whether the use of its quota also counts for the next token of the same text. @default false */
  readonly keepUsed?: boolean | undefined
}

/**
 * Removes a token with the connector tokens that lead to it, and disconnects their users. Resolves when its ports are
 * free and it is removed from the state file.
 *
 * @throws ServerError when the state file cannot be written
 */
export async function removeToken(
  record: TokenRecord,
  holders: TokenHolders,
  { reason = 'the token was removed', keepUsed = false }: Removal = {},
): Promise<void> {
  const { tokens, peers, uses, kept, orphans, exposures, groups, relay, nodes } = holders
  const gone = new Set([record, ...(record.kind === 'reverse' ? tokens.connectorsOf(record) : [])])
  for (const each of gone) {
    tokens.remove(each)
    if (!keepUsed) uses.forget(each)
  }
  if (record.kind === 'reverse') relay?.forget(record)
  for (const peer of peers) {
    if (gone.has(peer.record)) peer.session.close(reason)
  }
  nodes?.tokensRemoved([...gone].map(({ token }) => tokenKey(token)))
  const forgotten = kept?.remove(gone)
  // Awaited below, after work that may fail too.
  forgotten?.catch(() => {})
  if (record.kind === 'reverse') {
    orphans.forget(record)
    await exposures.tokenRemoved(record)
    await groups.remove(record)
  }
  await forgotten
}
