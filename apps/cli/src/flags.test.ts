import { describe, expect, test } from 'vitest'
import { commands } from './command-table.js'
import { environmentNames, settingName, type Flag } from './flag.js'
import { flags, flagsOf } from './flags.js'

describe.each(commands.map(({ name }) => name))('flags of %s', (command) => {
  test('have names of their own', () => {
    const names = flagsOf(command).flatMap(({ name, aliases = [], short = [] }) => [name, aliases, short].flat())
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test('have variables of their own', () => {
    const names = flagsOf(command).flatMap(environmentNames)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})

describe('flags', () => {
  test('with one name are of one type in all commands, and so have one setting', () => {
    const rows: readonly Flag[] = flags
    const odd = rows.filter((flag) =>
      rows.some(({ name, type, ignored }) => name === flag.name && type !== flag.type && ignored === flag.ignored),
    )
    expect(odd.map(settingName)).toEqual([])
  })

  test('are explained, or say why they have no effect', () => {
    const rows: readonly Flag[] = flags
    expect(rows.filter(({ help, ignored = '' }) => (help === '') === (ignored === ''))).toEqual([])
  })
})
