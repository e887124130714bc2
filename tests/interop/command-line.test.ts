import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { requireImplementation } from './implementation.js'

const peer = requireImplementation('go-1.10.3')
/** Lines of `command flag short type`, with `-` for no short form. */
const table = readFileSync(new URL('../../apps/cli/testing/go-1.10.3-flags.txt', import.meta.url), 'utf8')
const deployedFlags = table.split('\n').flatMap((line) => {
  const [, command, name, short, type] = /^(server|client) (\S+) (\S+) (\S+)$/.exec(line) ?? []
  return name === undefined ? [] : [{ command, name, short: short === '-' ? undefined : short, type }]
})

describe.skipIf(peer === undefined)('The flags of LinkSocks 1.10.3 that our command line is tested with', () => {
  test.each([
    ['server', 'server'],
    ['client', 'client'],
    ['client', 'connector'],
    ['client', 'provider'],
  ] as const)('are those of its %s in its %s', (list, command) => {
    const known = deployedFlags.filter((flag) => flag.command === list).map(({ name }) => name)
    expect(completedFlags(command)).toEqual(known.toSorted())
  })

  test.each(['server', 'client'] as const)('have the short forms and types of its %s', (command) => {
    const known = deployedFlags.filter((flag) => flag.command === command && flag.name !== hiddenFlag)
    const rows = known.map(({ name, short, type }) => ({ name, short, type }))
    expect(documentedFlags(command)).toEqual(rows)
  })
})

/** Flag that its help does not show. */
const hiddenFlag = 'transport-grace'

function run(...args: string[]): string[] {
  const [program = '', ...leading] = peer?.command ?? []
  return execFileSync(program, [...leading, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
    '\n',
  )
}

/** Returns all flags that it completes, including hidden ones. */
function completedFlags(command: string): string[] {
  const names = run('__complete', command, '--').flatMap((line) => /^--([\w-]+)/.exec(line)?.[1] ?? [])
  return names.filter((name) => name !== 'help').toSorted()
}

function documentedFlags(command: string): unknown[] {
  const lines = run(command, '--help').map((line) =>
    /^ +(?:-(\w), )?--([\w-]+)(?: (string|int|duration|count|stringArray))?\s/.exec(line),
  )
  return lines.flatMap((match) => {
    const [, short, name, type = 'bool'] = match ?? []
    return name === undefined || name === 'help' ? [] : [{ name, short, type }]
  })
}
