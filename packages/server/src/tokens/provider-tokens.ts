import { ConnectorMessages } from '../links/connector-messages.js'
import type { ResolvedServerOptions } from '../options.js'
import { type Relay, restoredIdentity } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { KeptTokens, type KeptTokensOptions } from '../state/kept-tokens.js'
import type { TokenMaker } from '../state/restore-token.js'
import { OrphanedTokens } from './orphaned-tokens.js'
import type { TokenRecord, TokenRegistry } from './token-registry.js'

export interface ProviderTokensOptions {
  readonly options: ResolvedServerOptions
  readonly server: TokenMaker
  readonly tokens: TokenRegistry
  readonly groups: ReverseGroups
  readonly relay: Relay | undefined
  /** Removes a token and disconnects its users. */
  remove(token: TokenRecord): void
}

/** What providers ask for, what becomes of their tokens without them, and what of all tokens outlives the process. */
export interface ProviderTokens {
  readonly messages: ConnectorMessages
  readonly orphans: OrphanedTokens
  /** Undefined without a state file. */
  readonly kept: KeptTokens | undefined
}

export function makeProviderTokens(all: ProviderTokensOptions): ProviderTokens {
  const { options, server, tokens, groups, relay, remove } = all
  const { clock, logger, socksHost, state, orphanedTokenMs: keepMs } = options
  const isConnected = (reverse: TokenRecord, owner: string): boolean => groups.of(reverse)?.hasProvider(owner) ?? false
  const orphans = new OrphanedTokens({ tokens, isConnected, remove, clock, keepMs })
  const restoreIdentity: KeptTokensOptions['restoreIdentity'] = (stored) => restoredIdentity(relay, stored)
  const keeping = { tokens, logger, socksHost, server, orphans, restoreIdentity }
  const kept = state === undefined ? undefined : new KeptTokens({ state, ...keeping })
  const messages = new ConnectorMessages({
    tokens,
    isConnected,
    remove,
    changed: (token) => groups.of(token)?.ownershipChanged(),
    relay: relay?.sharedCodes,
    save: kept && (async (added) => (added === undefined ? state?.save() : kept.add(added))),
  })
  return { messages, orphans, kept }
}
