import { spawnSync } from 'node:child_process'
import { requireProgram } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { commands } from '../command-table.js'
import { flags } from '../flags.js'
import { renderManualPage } from './manual-page.js'

const hasMandoc = requireProgram('mandoc') !== undefined

describe('renderManualPage', () => {
  const page = renderManualPage()

  test('names every flag that has an effect', () => {
    const names = flags.filter((flag) => !('ignored' in flag) && flag.section !== 'Help').map(({ name }) => name)
    expect(names.filter((name) => !page.includes(`\\-\\-${name.replaceAll('-', '\\-')}`))).toEqual([])
  })

  test('shows the arguments of every command as its help does', () => {
    const lines = commands.map(({ name, usage }) => usage.slice(name.length).trim()).filter((rest) => rest !== '')
    const missing = lines.filter((rest) => !page.includes(`.Ar "${rest.replaceAll('-', String.raw`\-`)}"`))
    expect(missing).toEqual([])
  })

  test.skipIf(!hasMandoc)('is what mandoc takes without an error or a warning', () => {
    const { stdout } = spawnSync('mandoc', ['-Tlint', '-Wwarning'], { input: page, encoding: 'utf8' })
    expect(stdout.split('\n').filter((line) => !line.includes('referenced manual not found') && line !== '')).toEqual(
      [],
    )
  })
})
