import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { ConnectorToken } from '../tokens/token-registry.js'
import { DirectSignals } from './direct-signals.js'
import { mayBypass } from './may-bypass.js'

export interface SignalParts {
  readonly server: ResolvedServerOptions
  readonly groups: ReverseGroups
  readonly uses: TokenUses
  readonly relay: Relay | undefined
}

/**
 * Creates the signals of direct paths; undefined where the server does not allow them. A service that decides on each
 * connection would not see those of a direct path, so there are none with one.
 */
export function makeSignals({ server, groups, uses, relay }: SignalParts): DirectSignals | undefined {
  if (server.directPaths !== true || server.authorize !== undefined) return undefined
  return new DirectSignals({
    clock: server.clock,
    logger: server.logger,
    isAllowed: (peer: Peer) => mayBypass(peer, uses.of(peer.record), relay),
    reaches: ({ record }, provider) =>
      groups.of(record)?.isServedBy((record as ConnectorToken).owner, provider.instance) === true,
  })
}
