import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url))

/** Where install-peers.sh puts programs. */
const peers = process.env['LINKSOCKS_BENCH_PEERS'] || join(repositoryRoot, '.cache/bench-peers')
/** Where tests/interop/install-peers.sh puts the deployed programs of our own protocol. */
export const interopPeers = process.env['LINKSOCKS_PEERS'] || join(repositoryRoot, '.cache/peers')

/** The path of a program: what was installed for this, or else what is on PATH. */
export function findProgram(name) {
  const folders = [
    join(peers, 'bin'),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
  ]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** What a program says when asked for its version: the first thing that looks like one. */
export function askVersion(program, args) {
  try {
    const said = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
    return /\d+\.\d+(\.\d+)?/.exec(said)?.[0]
  } catch {
    return undefined
  }
}
