import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const installed = fileURLToPath(new URL('../../.cache/newer-node/bin/node', import.meta.url))

/**
 * Returns the path of the Node that `.ci/install-nodes` installs, or undefined when it is not installed: the suite
 * then skips, with a message. With CI=true that is an error, since a suite that never runs proves nothing.
 */
export function requireNewerNode(): string | undefined {
  if (existsSync(installed)) return installed
  const cure = 'run .ci/install-nodes'
  if (process.env['CI'] === 'true') throw new Error(`e2e: the newer Node is missing; ${cure}`)
  console.warn(`\n*** e2e: the newer Node is missing, its tests are SKIPPED; ${cure} ***\n`)
  return undefined
}
