import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot } from './workspace.mjs'

const page = readFileSync(join(repositoryRoot, 'docs/security.md'), 'utf8')
const namedTests = [...new Set(page.match(/[\w/-]+(?:\.[\w-]+)*\.test\.ts/g))]
const rows = page.split('\n').filter((line) => line.startsWith('| '))

test.each(namedTests)('docs/security.md names a test that there is: %s', (path) => {
  const places = ['packages', 'apps', '.'].map((folder) => join(repositoryRoot, folder, path))
  expect(places.some((place) => existsSync(place))).toBe(true)
})

test.each(['stranger', 'tenant', 'provider', 'target', "web page in the user's browser", 'local user'])(
  'docs/security.md says what a %s could want, and the test that shows what stops it',
  (who) => {
    const own = rows.filter((row) => row.split('|')[1]?.trim() === who)
    expect(own.length > 0 && own.every((row) => row.includes('.test.ts`'))).toBe(true)
  },
)

test('docs/security.md names the flags that limit something', () => {
  const guide = readFileSync(join(repositoryRoot, 'docs/guide/cli.md'), 'utf8')
  const limits = guide.split('### Limits')[1]?.split('###')[0] ?? ''
  const flags = [...limits.matchAll(/`(--[\w-]+)/g)].map(([, flag]) => flag)
  expect(flags.filter((flag) => !page.includes(`\`${flag}\``))).toEqual([])
})

test('docs/security.md names no flag that there is not', () => {
  const guide = readFileSync(join(repositoryRoot, 'docs/guide/cli.md'), 'utf8')
  const named = [...page.matchAll(/`(--[\w-]+)/g)].map(([, flag]) => flag)
  expect(named.filter((flag) => !guide.includes(`\`${flag}`))).toEqual([])
})
