import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readAccounts } from './accounts.js'

const folder = mkdtempSync(join(tmpdir(), 'linksocks-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(text: string): string {
  const path = join(folder, 'accounts')
  writeFileSync(path, text)
  return path
}

describe('readAccounts', () => {
  test('reads flags and the lines of a file', () => {
    const accountFile = fileOf('# team\n\nbob:p:q \r\ncy:\n')
    expect(readAccounts({ account: ['ada:secret'], accountFile })).toEqual([
      { username: 'ada', password: 'secret' },
      { username: 'bob', password: 'p:q ' },
      { username: 'cy', password: '' },
    ])
  })

  test('returns no accounts if none are given', () => {
    expect(readAccounts({ account: [], accountFile: undefined })).toEqual([])
  })

  test.each([
    ['ada:1\nhidden', /line 2, is not NAME:PASSWORD$/],
    [':hidden', /line 1, is not NAME:PASSWORD$/],
    ['# nobody', /holds no account$/],
    [`${'a'.repeat(256)}:hidden`, /line 1, has a username of 256 bytes; at most 255 are allowed$/],
    [`ada:${'p'.repeat(256)}`, /line 1, has a password of 256 bytes; at most 255 are allowed$/],
    ['a:b\n'.repeat(10_001), /^there are 10001 accounts; at most 10000 are allowed$/],
  ])('refuses the file %#, without a word of what it holds', (text, message) => {
    expect(() => readAccounts({ account: [], accountFile: fileOf(text) })).toThrow(message)
  })

  test('says why a file cannot be read', () => {
    const accountFile = join(folder, 'missing')
    expect(() => readAccounts({ account: [], accountFile })).toThrow(/^--account-file: .*ENOENT/)
  })
})
