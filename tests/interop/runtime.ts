import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { missing, peersFolder } from './peers.js'

/**
 * Returns a file of an npm package, or undefined when it is not installed: the suite then skips with a message, and
 * fails in CI.
 */
export function requireRuntime(name: string, file = `.bin/${name}`): string | undefined {
  const path = join(peersFolder, 'runtimes/node_modules', file)
  return existsSync(path) ? path : missing(`'${name}'`)
}
