import { readFileSync } from 'node:fs'

/** A flag of LinkSocks 1.10.3 (Go), from its help. */
export interface DeployedFlag {
  readonly command: 'server' | 'client'
  readonly name: string
  /** Short name; undefined where there is none. */
  readonly short: string | undefined
  readonly type: 'bool' | 'count' | 'duration' | 'int' | 'string' | 'stringArray'
}

/** All flags of its `server` and `client`; its `connector` and `provider` accept those of `client`. */
export const deployedFlags: readonly DeployedFlag[] = readFileSync(
  new URL('go-1.10.3-flags.txt', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map(parseLine)

function parseLine(line: string): DeployedFlag {
  const [command, name, short, type] = line.split(' ') as [
    DeployedFlag['command'],
    string,
    string,
    DeployedFlag['type'],
  ]
  return { command, name, short: short === '-' ? undefined : short, type }
}
