import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tables } from './markdown.mjs'
import { readPackages, repositoryRoot } from './workspace.mjs'

// Packages and files that these pages name must exist.

const architecture = read('docs/architecture.md')
const packages = readPackages(repositoryRoot)

describe('docs/architecture.md', () => {
  const files = [...architecture.matchAll(/[a-z0-9-]+\/src\/[\w./-]+\.ts/g)].map(([file]) => `packages/${file}`)
  const named = [...architecture.matchAll(/@ls\/[a-z0-9-]+/g)].map(([name]) => name)

  test('names files', () => {
    expect(files.length).toBeGreaterThan(20)
  })

  test('names files that exist', () => {
    expect(files.filter(isMissing)).toEqual([])
  })

  test('names packages that exist', () => {
    expect(named.filter((name) => !packages.some((each) => each.name === name))).toEqual([])
  })

  test('names every package', () => {
    const libraries = packages.filter(({ folder }) => folder.startsWith('packages/'))
    expect(libraries.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([])
  })

  test('has three pictures', () => {
    expect(architecture.match(/^```mermaid$/gm)).toHaveLength(3)
  })
})

describe('docs/glossary.md', () => {
  const rows = tables(read('docs/glossary.md')).flatMap((table) => table.rows)
  const words = rows.map(([word]) => word)

  test('names files that exist', () => {
    expect(rows.map(([, , file]) => file.replaceAll('`', '')).filter(isMissing)).toEqual([])
  })

  test('has each word once, in order', () => {
    expect(words).toEqual([...new Set(words)].toSorted((a, b) => (a < b ? -1 : 1)))
  })
})

test('CONTRIBUTING.md names paths that exist', () => {
  const paths = [...read('CONTRIBUTING.md').matchAll(/`(?<path>(?:packages|apps|tools|docs|spec|tests)\/[\w./-]+)`/g)]
  expect(paths.map(({ groups }) => groups.path).filter(isMissing)).toEqual([])
})

function isMissing(file) {
  return !existsSync(join(repositoryRoot, file))
}

function read(file) {
  return readFileSync(join(repositoryRoot, file), 'utf8')
}
