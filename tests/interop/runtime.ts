import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const peers = process.env['LINKSOCKS_PEERS'] || fileURLToPath(new URL('../../.cache/peers', import.meta.url))

/** A file of an npm package, or undefined when it is not installed: the suite then skips, loudly, and fails in CI. */
export function requireRuntime(name: string, file = `.bin/${name}`): string | undefined {
  const path = join(peers, 'runtimes/node_modules', file)
  if (existsSync(path)) return path
  const cure = 'run tests/interop/install-peers.sh'
  if (process.env['CI'] === 'true') throw new Error(`interop: '${name}' is missing; ${cure}`)
  console.warn(`\n*** interop: '${name}' is missing, its tests are SKIPPED; ${cure} ***\n`)
  return undefined
}
