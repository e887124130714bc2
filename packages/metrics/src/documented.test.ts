import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { requireProgram } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { referenceTable } from '../testing/reference.js'
import { fullSnapshot } from '../testing/snapshot.js'
import { ExpositionWriter } from './exposition.js'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const rulesPath = 'contrib/prometheus/linksocks.rules.yml'

/** All texts under a key, at any depth. */
function textsAt(key: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    name === key && typeof each === 'string' ? [each] : textsAt(key, each),
  )
}

/** The names of all series on a page. */
async function seriesNames(): Promise<Set<string>> {
  const { body } = await new ExpositionWriter(() => fullSnapshot).write()
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Set(lines.map((line) => line.split(/[{ ]/, 1)[0] ?? ''))
}

async function unknownIn(queries: readonly string[]): Promise<string[]> {
  const known = await seriesNames()
  const named = queries.flatMap((query) => query.match(/\b(?:linksocks|nodejs|process)_[a-z0-9_]+/g) ?? [])
  return named.filter((name) => !known.has(name))
}

describe('documentation of metrics', () => {
  test.each(['docs/guide/observe.md', 'docs/zh/guide/observe.md'])('%s has the table of the code', (page) => {
    const table = /<!-- metrics -->\n+(.*?)\n+<!-- end of metrics -->/s.exec(read(page))?.[1]
    expect(table).toBe(referenceTable())
  })

  test('each query of the dashboard names a metric that there is', async () => {
    const queries = textsAt('expr', JSON.parse(read('contrib/grafana/linksocks.json')))
    expect({ enough: queries.length > 10, unknown: await unknownIn(queries) }).toEqual({ enough: true, unknown: [] })
  })

  test('each alert names a metric that there is', async () => {
    const queries = textsAt('expr', parse(read(rulesPath)))
    expect({ enough: queries.length > 5, unknown: await unknownIn(queries) }).toEqual({ enough: true, unknown: [] })
  })
})

// From Debian's package `prometheus`.
describe.skipIf(requireProgram('promtool') === undefined)('promtool', () => {
  test('finds no fault in the page', async () => {
    const { body } = await new ExpositionWriter(() => fullSnapshot).write()
    const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' })
    expect({ faults: stdout + stderr, status }).toEqual({ faults: '', status: 0 })
  })

  test('finds no fault in the alerts', () => {
    const path = fileURLToPath(new URL(rulesPath, root))
    expect(execFileSync('promtool', ['check', 'rules', path], { encoding: 'utf8' })).toContain('SUCCESS')
  })
})
