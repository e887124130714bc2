import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { exposedFiles } from './exposed-files.js'

const folder = mkdtempSync(join(tmpdir(), 'ls-'))

afterAll(() => rmSync(folder, { recursive: true }))

function fileOfMode(mode: number): string {
  const path = join(folder, 'key.pem')
  writeFileSync(path, '')
  chmodSync(path, mode)
  return path
}

describe.skipIf(process.platform === 'win32')('exposedFiles', () => {
  test.each([
    [0o666, 'read and change'],
    [0o644, 'read'],
    [0o620, 'change'],
    [0o602, 'change'],
  ])('warns about mode %o', (mode, what) => {
    const path = fileOfMode(mode)
    const text = `--tls-key ${path} has mode 0${mode.toString(8)}: others on this machine can ${what} it; chmod 600 prevents that`
    expect(exposedFiles({ '--tls-key': path })).toEqual([text])
  })

  test.each([0o600, 0o400, 0o640])('says nothing about mode %o', (mode) => {
    expect(exposedFiles({ '--tls-key': fileOfMode(mode) })).toEqual([])
  })

  test('says nothing about files that are not given or not there', () => {
    expect(exposedFiles({ '--tls-key': undefined, '--account-file': join(folder, 'none') })).toEqual([])
  })
})
