import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missing, peersFolder } from './peers.js'

/** The programs under test: ours, and the deployed ones in the versions `install-peers.sh` pins. */
export type ImplementationName = 'ours' | 'go-1.10.3' | 'go-1.10.1' | 'go-1.8.13' | 'py-1.5.1'

/** How to start one program in each of its roles; the flags after the role are the same for all programs. */
export interface Implementation {
  readonly name: ImplementationName
  /** Program and its first arguments. */
  readonly command: readonly [string, ...string[]]
  readonly client: readonly string[]
  readonly provider: readonly string[]
  readonly connector: readonly string[]
  /** Text that a provider prints once the server has accepted its token. */
  readonly accepted: RegExp
}

export const peerNames: readonly ImplementationName[] = ['go-1.10.3', 'go-1.10.1', 'go-1.8.13', 'py-1.5.1']

const repository = fileURLToPath(new URL('../../', import.meta.url))
const ours = join(repository, 'apps/cli/bin/linksocks.js')

/**
 * Returns the implementation of that name, or undefined when it is not installed: the suite then skips, with a message.
 * With CI=true a missing one is an error, since a suite that never runs proves nothing.
 */
export function requireImplementation(name: ImplementationName): Implementation | undefined {
  const command = findCommand(name)
  if (command !== undefined) return { name, command, ...rolesOf(name) }
  return missing(`'${name}'`, name === 'ours' ? 'run `pnpm build`' : undefined)
}

function findCommand(name: ImplementationName): Implementation['command'] | undefined {
  if (name === 'ours') return existsSync(ours) ? [process.execPath, ours] : undefined
  if (name === 'py-1.5.1') {
    const program = [join(peersFolder, name, 'bin/pywssocks'), ...onPath('pywssocks')].find((path) => existsSync(path))
    return program === undefined ? undefined : [program]
  }
  // Built from source, since there is no wheel of it.
  const program = join(peersFolder, name, 'bin/linksocks')
  if (name === 'go-1.10.3') return existsSync(program) ? [program] : undefined
  const python = join(peersFolder, name, 'bin/python')
  return existsSync(python) ? [python, fileURLToPath(new URL('go-peer.py', import.meta.url))] : undefined
}

function onPath(program: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.filter((folder) => folder !== '').map((folder) => join(folder, program))
}

/** pywssocks has neither `provider` nor `connector`; in the Go program they are aliases of these. */
function rolesOf(name: ImplementationName): Omit<Implementation, 'name' | 'command'> {
  const accepted = name === 'ours' ? /^linked: /m : /Authentication successful/
  if (name === 'py-1.5.1') return { client: ['client'], provider: ['client', '-r'], connector: ['client'], accepted }
  return { client: ['client'], provider: ['provider'], connector: ['connector'], accepted }
}
