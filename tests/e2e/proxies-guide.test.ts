import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('.', import.meta.url)
const guide = readFileSync(new URL('../../docs/guide/proxies.md', folder), 'utf8')

/** Programs that the suites use to run other programs. */
const tools = new Set(['cc', 'openssl'])

/** Returns the programs that the suites of proxies test. */
function testedPrograms(): string[] {
  const suites = readdirSync(folder).filter((name) => /^proxies-(?:in|out)bound\.test\.ts$/.test(name))
  const sources = suites.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  const lists = [...sources.matchAll(/(?:isMissing\(|programs: \[)([^)\]]*)[)\]]/g)].map(([, list = '']) => list)
  const names = lists.flatMap((list) => [...list.matchAll(/'([\w-]+)'/g)].map(([, name = '']) => name))
  return [...new Set([...names, 'curl'])].filter((name) => !tools.has(name)).toSorted()
}

/** Returns the programs in the tables of the guide: the first cell of each row. */
function listedPrograms(): string[] {
  const rows = [...guide.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name = '']) => name)
  return [...new Set(rows)].toSorted()
}

test('docs/guide/proxies.md lists the programs that the suites run, and no others', () => {
  expect(listedPrograms()).toEqual(testedPrograms())
})
