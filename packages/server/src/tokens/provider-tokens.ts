import { ConnectorMessages } from '../links/connector-messages.js'
import type { OtherNodes } from '../nodes/other-nodes.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { type Relay, restoredIdentity } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { KeptTokens, type KeptTokensOptions, storedToken } from '../state/kept-tokens.js'
import type { TokenMaker } from '../state/restore-token.js'
import { OrphanedTokens } from './orphaned-tokens.js'
import type { ConnectorToken, TokenRecord, TokenRegistry } from './token-registry.js'
import { tokenKey } from './token-text.js'

export interface ProviderTokensOptions {
  readonly options: ResolvedServerOptions
  readonly server: TokenMaker
  readonly tokens: TokenRegistry
  readonly groups: ReverseGroups
  readonly relay: Relay | undefined
  /** Removes a token and disconnects its users. */
  remove(token: TokenRecord): void
}

/** Tokens of providers: their requests, the tokens they leave behind, and the tokens that survive the process. */
export interface ProviderTokens {
  readonly messages: ConnectorMessages
  readonly orphans: OrphanedTokens
  /** Tokens in the state file; undefined without a file. */
  readonly kept: KeptTokens | undefined
  /**
   * Saves a token in the state file and registers it at the other nodes, where there are any. If one of the two fails,
   * `undo` runs first.
   *
   * @throws ServerError
   */
  keep(record: TokenRecord, undo: (() => Promise<void>) | undefined): Promise<void>
}

export function makeProviderTokens(all: ProviderTokensOptions): ProviderTokens {
  const { options, server, tokens, groups, relay, remove } = all
  const { clock, logger, socksHost, state, nodes, orphanedTokenMs: keepMs } = options
  const isConnected = (reverse: TokenRecord, owner: string): boolean => groups.of(reverse)?.hasProvider(owner) ?? false
  const orphans = new OrphanedTokens({ tokens, isConnected, remove, clock, keepMs })
  const restoreIdentity: KeptTokensOptions['restoreIdentity'] = (stored) => restoredIdentity(relay, stored)
  const keeping = { tokens, logger, socksHost, server, orphans, restoreIdentity }
  const kept = state === undefined ? undefined : new KeptTokens({ state, ...keeping })
  const share: Share | undefined = nodes && ((record, undo) => shareWith(nodes, record, socksHost, undo))
  const messages = new ConnectorMessages({
    tokens,
    isConnected,
    remove,
    changed: (token) => groups.of(token)?.ownershipChanged(),
    relay: relay?.sharedCodes,
    save: saveWith({ kept, share, nodes }, remove),
  })
  const keep: Share = async (record, undo) => {
    await kept?.addOr(record, undo)
    await share?.(record, undo)
  }
  return { messages, orphans, kept, keep }
}

async function shareWith(
  nodes: OtherNodes,
  record: TokenRecord,
  socksHost: string,
  undo: (() => Promise<void>) | undefined,
): Promise<void> {
  try {
    await nodes.share(storedToken(record, socksHost))
  } catch (error) {
    await undo?.().catch(() => {})
    throw error
  }
}

/** Saves the tokens of providers. A token is on the disk and at all nodes before its provider gets the answer. */
function saveWith(
  { kept, share, nodes }: { kept: KeptTokens | undefined; share: Share | undefined; nodes: OtherNodes | undefined },
  remove: (token: TokenRecord) => void,
): ((added: ConnectorToken | undefined) => Promise<void>) | undefined {
  if (kept === undefined && share === undefined) return undefined
  return async (added) => {
    if (added === undefined) return kept?.save()
    await kept?.add(added)
    // The identities of a relay belong to one node.
    if (added.reverse.identity !== undefined) return
    // A token that all nodes have stays, with the owner that they have.
    const isNew = nodes?.isShared(tokenKey(added.token)) !== true
    await share?.(added, isNew ? async () => remove(added) : undefined)
  }
}

type Share = (record: TokenRecord, undo: (() => Promise<void>) | undefined) => Promise<void>
