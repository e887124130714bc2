import { direct, relays, tlsRelays } from './limits.mjs'
import { deployedSystems, otherBuild, ourSystems } from './linksocks.mjs'
import { peerSystems } from './peers.mjs'

/**
 * Everything that can be measured, in the order of the table.
 *
 * A system has an `id`, a `title`, a `kind` ('limit', 'ours', 'build' or 'peer'), `udp` when datagrams pass, and the
 * `groups` of cases it takes part in (all when not given). `missing()` says why it cannot run here, `version()` what it
 * is, and `start({ processes, targetPort, between })` starts it and gives the route through it; `between` puts the path
 * of the case between client and server: it takes the server's port, and gives the one to link to.
 *
 * @param {string | undefined} against program of another build of ours
 */
export function allSystems(against) {
  const others = against === undefined ? [] : [otherBuild(against)]
  return [direct, relays, tlsRelays, ...ourSystems(), ...others, ...deployedSystems, ...peerSystems]
}
