import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseCommandLine } from '../arguments/command-line.js'
import type { RoleRun } from '../arguments/config-command.js'
import { fileFromFlags } from '../config/from-flags.js'
import { readConfig } from '../config/read-config.js'
import { roleSections, tokenFlags } from '../config/structure.js'
import type { Flag } from '../flag.js'
import { flags } from '../flags.js'
import { flagExample } from './flag-example.js'

const shown = (flags as readonly Flag[]).filter(({ section, ignored }) => section !== 'Help' && ignored === undefined)

/** Splits a text like a shell. */
function wordsOf(example: string): string[] {
  const [, name = '', value] = /^(\S+)(?: (.*))?$/.exec(example) ?? []
  return value === undefined ? [name] : [name, value.replace(/^'(.*)'$/, '$1')]
}

/** Words that a command needs besides its flags. */
const needed: Readonly<Record<string, readonly string[]>> = {
  connect: ['db.internal:5432'],
  token: ['list'],
  config: ['show'],
  'log-level': ['debug'],
}

const cases = shown.flatMap((flag) => flag.commands.map((command) => ({ command, example: flagExample(flag) })))

describe('flagExample', () => {
  test.each(cases)('is one that $command takes: $example', ({ command, example }) => {
    expect(() => parseCommandLine([command, ...(needed[command] ?? []), ...wordsOf(example)], {})).not.toThrow()
  })

  const roles = new Set<string>(roleSections.map(({ kind }) => kind))
  test.each(cases.filter(({ command }) => roles.has(command)))(
    'is a key of the file for $command: $example',
    ({ command, example }) => {
      const run = parseCommandLine([command, ...wordsOf(example)], {}) as RoleRun
      expect(() => readConfig('linksocks.yaml', fileFromFlags(run), {})).not.toThrow()
    },
  )

  test.each(tokenFlags().map((flag) => ({ example: flagExample(flag) })))(
    'is a key of a token in the file: $example',
    ({ example }) => {
      const run = parseCommandLine(['server', ...wordsOf(example)], {}) as RoleRun
      const { servers } = parse(fileFromFlags(run)) as { servers: Record<string, object> }
      const tokens = [{ token: 'another', ...Object.values(servers)[0] }]
      const file = JSON.stringify({ servers: { main: { tokens } } })
      expect(() => readConfig('linksocks.yaml', file, {})).not.toThrow()
    },
  )
})
