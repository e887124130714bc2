import type { Peer } from '../links/peer.js'
import type { TokenUse } from '../policy/token-use.js'
import type { Relay } from '../relay-mode/relay.js'

/**
 * Whether the traffic of a connector may take a direct path. With rules, rates or quotas it may not, since only the
 * server keeps them. The limits of relay mode protect the relay itself, which carries nothing of a direct path.
 */
export function mayBypass(
  { record, ticket }: Peer,
  use: TokenUse | undefined,
  relay: Pick<Relay, 'mayBypass'> | undefined,
): boolean {
  if (ticket?.rules !== undefined) return false
  return use === undefined || relay?.mayBypass(record) === true
}
