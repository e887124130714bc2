import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseCommandLine, type Run } from '../../arguments/command-line.js'
import { Redactor } from '../redactor.js'
import { openLog } from './open-log.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'open-log-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** What standard error receives when a server with these flags ends with an error. */
async function reported(...argv: readonly string[]): Promise<string> {
  const run = parseCommandLine(['server', ...argv], {}) as Run
  const parts = { redactor: new Redactor(), signals: new EventEmitter(), worker: undefined }
  const log = await openLog(run, parts)
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  log.report(new Error('the port is in use'))
  return write.mock.calls.join('')
}

test('openLog reports the error that ends a command on standard error where the log is a file', async () => {
  expect(await reported('--log-file', join(folder, 'a.log'))).toBe('linksocks: the port is in use\n')
})

test('openLog reports the error that ends a command on standard error where the log is silent', async () => {
  expect(await reported('--log-level', 'silent')).toBe('linksocks: the port is in use\n')
})

test.each([
  [['connect', 'localhost:22'], false],
  [['connect', 'localhost:22', '-d'], true],
  [['client'], true],
])('openLog shows progress of %j: %s', async (argv, isShown) => {
  const parts = { redactor: new Redactor(), signals: new EventEmitter(), worker: undefined }
  const { levels } = await openLog(parseCommandLine(argv, {}) as Run, parts)
  expect(levels.isAnyEnabled('info')).toBe(isShown)
})
