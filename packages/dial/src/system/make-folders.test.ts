import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeFolders } from './make-folders.js'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'folders-'))
})
afterEach(() => rmSync(base, { recursive: true }))

describe('makeFolders', () => {
  test('creates a folder and those above it', () => {
    makeFolders(join(base, 'a', 'b'))
    expect(statSync(join(base, 'a', 'b')).isDirectory()).toBe(true)
  })

  test.skipIf(process.platform === 'win32')('lets only this user enter', () => {
    makeFolders(join(base, 'a', 'b'))
    expect(['a', 'a/b'].map((name) => statSync(join(base, name)).mode & 0o777)).toEqual([0o700, 0o700])
  })

  test('leaves a folder as it is that exists', () => {
    const before = statSync(base).mode
    makeFolders(base)
    expect(statSync(base).mode).toBe(before)
  })

  test('passes on the error of the system', () => {
    writeFileSync(join(base, 'file'), '')
    expect(() => makeFolders(join(base, 'file', 'a'))).toThrow(/ENOTDIR|ENOENT|EEXIST/)
  })

  test.skipIf(process.platform !== 'linux')('ends where Linux refuses a folder with ENOENT', () => {
    expect(() => makeFolders('/proc/none/a')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})
