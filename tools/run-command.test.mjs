import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sourceFiles, userArguments } from './run-command.mjs'

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

test('the -- that npm wants before arguments is not passed on', () => {
  expect(userArguments(['--', '-p', '1081'], { npm_lifecycle_event: 'start' })).toEqual(['-p', '1081'])
})

test('a -- that the user types for the command is kept', () => {
  expect(userArguments(['--', '-p', '1081'], {})).toEqual(['--', '-p', '1081'])
})
