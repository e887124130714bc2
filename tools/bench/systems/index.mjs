import { direct, relays, tlsRelays } from './limits.mjs'
import { deployedSystems, otherBuild, ourSystems } from './linksocks.mjs'
import { peerSystems } from './peers.mjs'

/**
 * All systems that can be measured, in the order of the table.
 *
 * A system has an `id`, a `title`, a `kind` ('limit', 'ours', 'build' or 'peer'), `udp` when it carries datagrams, and
 * the `groups` of cases that it takes part in (all unless given). `missing()` returns the reason why it cannot run
 * here, `version()` its version. `start({ processes, targetPort, between })` starts it and returns the route through
 * it. `between` places the path of the case between client and server: it accepts the server's port, and returns the
 * port to link to.
 *
 * @param {string | undefined} against program of another build of ours
 */
export function allSystems(against) {
  const others = against === undefined ? [] : [otherBuild(against)]
  return [direct, relays, tlsRelays, ...ourSystems(), ...others, ...deployedSystems, ...peerSystems]
}
