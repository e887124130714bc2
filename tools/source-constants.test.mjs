import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test, onTestFinished } from 'vitest'
import { sourceConstant } from './source-constants.mjs'
import { repositoryRoot } from './workspace.mjs'

test.each([
  ['export const limitBytes = 0x10', 16],
  ['const kibibyte = 1024\nconst limitBytes = 2 * kibibyte', 2048],
  ['const resolve = (options) => check(options.limitBytes ?? 1_000)', 1000],
  ['const limitBytes = 2_000 / 2', 1000],
  ['const { limitBytes = Math.min(1_000, shares.limit) } = options', 1000],
  ['const { limitBytes: taken = 1 } = { limitBytes: 1_000 }', 1000],
])('sourceConstant reads %j', (text, value) => {
  expect(sourceConstant(sourceFile(text), 'limitBytes')).toBe(value)
})

test.each([
  ['const other = 1', 'no number'],
  ['const a = options.limitBytes ?? 1\nconst b = options.limitBytes ?? 2', '1 and 2'],
])('sourceConstant refuses %j', (text, why) => {
  expect(() => sourceConstant(sourceFile(text), 'limitBytes')).toThrow(why)
})

/** Creates a file with that text for the time of the test; returns its path relative to the repository. */
function sourceFile(text) {
  const folder = mkdtempSync(join(tmpdir(), 'source-constants-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'source.ts'), text)
  return relative(repositoryRoot, join(folder, 'source.ts'))
}
