import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyStart, startIn, writeStart } from './chunk-start.mjs'

const text = 'chunks '.repeat(2000)
const chunks = Buffer.from(text)

function executableOf(content) {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-executable-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'linksocks'), content)
  return join(folder, 'linksocks')
}

test('writeStart fills in where the chunks begin', () => {
  const executable = executableOf(`program ${emptyStart} ${text} end`)
  writeStart(executable, chunks)
  const asset = readFileSync(executable, 'latin1').slice('program '.length, 'program '.length + emptyStart.length)
  expect(startIn(asset)).toBe('program '.length + emptyStart.length + 1)
})

test('writeStart changes neither the length nor the rest', () => {
  const executable = executableOf(`program ${emptyStart} ${text} end`)
  writeStart(executable, chunks)
  const written = readFileSync(executable, 'latin1')
  expect(written.replace(/byte \d{12}/, 'byte 000000000000')).toBe(`program ${emptyStart} ${text} end`)
})

test('an asset that was not filled in holds 0', () => {
  expect(startIn(emptyStart)).toBe(0)
})

test.each([
  ['chunks', `program ${emptyStart}`],
  ['place for the start', `program ${text}`],
])('writeStart fails on an executable without %s', (_missing, content) => {
  expect(() => writeStart(executableOf(content), chunks)).toThrow('does not contain its chunks as they are')
})
