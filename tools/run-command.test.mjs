import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scriptArguments, sourceFiles } from './run-command.mjs'

test('the folder that a removed package left behind is no source of the command', () => {
  const root = mkdtempSync(join(tmpdir(), 'linksocks-clone-'))
  try {
    for (const folder of ['packages/kept/src', 'packages/removed/node_modules', 'apps'])
      mkdirSync(join(root, folder), { recursive: true })
    for (const file of ['packages/kept/package.json', 'packages/kept/src/a.ts']) writeFileSync(join(root, file), '')
    expect(sourceFiles(root)).toEqual([join(root, 'packages/kept/package.json'), join(root, 'packages/kept/src/a.ts')])
  } finally {
    rmSync(root, { recursive: true })
  }
})

describe('scriptArguments', () => {
  test('leaves out the separator that pnpm passes on: pnpm start -- -p 1081', () => {
    expect(scriptArguments(['node', 'tools/start.mjs', '--', '-p', '1081'])).toEqual(['-p', '1081'])
  })

  test('keeps a separator behind other arguments', () => {
    expect(scriptArguments(['node', 'tools/linksocks.mjs', 'connect', '--', 'host:22'])).toEqual([
      'connect',
      '--',
      'host:22',
    ])
  })
})
