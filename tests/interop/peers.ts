import { fileURLToPath } from 'node:url'

/** Folder of the programs that `install-peers.sh` installs. */
export const peersFolder =
  process.env['LINKSOCKS_PEERS'] || fileURLToPath(new URL('../../.cache/peers', import.meta.url))

/**
 * Reports programs that are not installed: their suite then skips, with a message. With CI=true it is an error, since a
 * suite that never runs proves nothing.
 */
export function missing(what: string, cure = 'run tests/interop/install-peers.sh'): undefined {
  if (process.env['CI'] === 'true') throw new Error(`interop: ${what} is missing; ${cure}`)
  console.warn(`\n*** interop: ${what} is missing, its tests are SKIPPED; ${cure} ***\n`)
}
