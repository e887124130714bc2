import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from './state-folder.js'

test('makeFolder creates the missing folders above too, for this user only', () => {
  const base = mkdtempSync(join(tmpdir(), 'state-folder-'))
  onTestFinished(() => rmSync(base, { recursive: true }))
  makeFolder(join(base, 'a/b'))
  expect([join(base, 'a'), join(base, 'a/b')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700])
})

test.runIf(process.platform === 'linux')('makeFolder names the folder that /proc refuses', () => {
  expect(() => makeFolder('/proc/.local/state/linksocks')).toThrow(
    'cannot keep certificates in /proc/.local/state/linksocks: ',
  )
})
