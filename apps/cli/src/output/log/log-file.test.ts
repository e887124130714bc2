import fs, { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { turns, until } from '@ls/testkit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LogFile } from './log-file.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-file-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** Content of a file; empty before it exists. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

test('LogFile.reopen continues in a new file after a rotation', async () => {
  const path = join(folder, 'a.log')
  const file = await LogFile.open(path)
  file.write('one\n')
  await until(() => textOf(path) === 'one\n', 'the first line')
  renameSync(path, `${path}.1`)
  file.reopen()
  await until(() => {
    file.write('two\n')
    return textOf(path).includes('two')
  }, 'a line in the new file')
  expect(textOf(`${path}.1`)).toMatch(/^one\n/)
})

test('LogFile.reopen reports a path that cannot be opened, and continues in the former file', async () => {
  const path = join(folder, 'a.log')
  const failures: string[] = []
  const file = await LogFile.open(path, (text) => failures.push(text))
  renameSync(path, `${path}.1`)
  mkdirSync(path)
  file.reopen()
  await until(() => failures.length > 0, 'the report')
  file.write('one\n')
  await until(() => textOf(`${path}.1`) === 'one\n', 'the line in the former file')
  expect(failures).toEqual([expect.stringMatching(/a\.log cannot be opened again, .*EISDIR/)])
})

test('LogFile.reopen closes the former file only once after an attempt that failed', async () => {
  const path = join(folder, 'a.log')
  const failures: string[] = []
  const file = await LogFile.open(path, (text) => failures.push(text))
  const close = vi.spyOn(fs, 'close')
  renameSync(path, `${path}.1`)
  mkdirSync(path)
  file.reopen()
  await until(() => failures.length > 0, 'the report')
  rmSync(path, { recursive: true })
  file.reopen()
  await until(() => close.mock.calls.length > 0, 'the end of the former file')
  expect(close).toHaveBeenCalledTimes(1)
})

test('LogFile.reopen keeps no listener for each of many calls', async () => {
  const file = await LogFile.open(join(folder, 'a.log'))
  const warnings: string[] = []
  const onWarning = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', onWarning)
  for (let count = 0; count < 100; count++) file.reopen()
  await turns(1)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('LogFile.reopen continues in a file that came while another one was opened', async () => {
  const path = join(folder, 'a.log')
  const file = await LogFile.open(path)
  file.reopen()
  renameSync(path, `${path}.1`)
  file.reopen()
  await until(() => {
    file.write('x\n')
    return textOf(path) !== ''
  }, 'a line in the new file')
  expect(textOf(path)).toMatch(/^x\n/)
})

test.skipIf(process.platform !== 'linux')('LogFile lets the process end while the disk is full', async () => {
  const before = process.listeners('exit')
  const file = await LogFile.open('/dev/full')
  file.write('lost\n')
  await until(() => file.failure === 'ENOSPC', 'the failure')
  for (const listener of process.listeners('exit')) if (!before.includes(listener)) listener(0)
  expect(file.failure).toBe('ENOSPC')
})

test('LogFile.open rejects for a folder that does not exist', async () => {
  await expect(LogFile.open(join(folder, 'none', 'a.log'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('LogFile.write reports a lost line when too many bytes wait', async () => {
  const file = await LogFile.open(join(folder, 'a.log'))
  const answers = Array.from({ length: 6 }, () => file.write('x'.repeat(1024 * 1024)))
  expect({ first: answers[0], last: answers.at(-1) }).toEqual({ first: true, last: false })
})
