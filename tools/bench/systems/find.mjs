import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url))

/** Folder into which install-peers.sh installs programs. */
const peers = process.env['LINKSOCKS_BENCH_PEERS'] || join(repositoryRoot, '.cache/bench-peers')
/** Folder into which tests/interop/install-peers.sh installs the deployed programs of our protocol. */
export const interopPeers = process.env['LINKSOCKS_PEERS'] || join(repositoryRoot, '.cache/peers')

/** Returns the path of a program: the installed one, otherwise the one on PATH. */
export function findProgram(name) {
  const folders = [
    join(peers, 'bin'),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
  ]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** Returns the version of a program: the first text in its output that looks like one. */
export function askVersion(program, args) {
  try {
    const said = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
    return /\d+\.\d+(\.\d+)?/.exec(said)?.[0]
  } catch {
    return undefined
  }
}
