import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fencedBlocks, tables } from './markdown.mjs'
import { isBundled, readPackages, repositoryRoot } from './workspace.mjs'

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

  const arrows = arrowsBetweenPackages()
  const used = new Map(packages.map(({ name, folder, manifest }) => [nameInPicture(name, folder), usedBy(manifest)]))

  test('draws arrows only to packages that are used', () => {
    expect(arrows.filter(([from, to]) => !used.get(from)?.includes(to)).map(String)).toEqual([])
  })

  test('has a way of arrows to each package that is used', () => {
    const drawn = new Set(arrows.map(([from]) => from))
    const missing = [...drawn].flatMap((from) => {
      const below = reachedFrom(from, arrows)
      return used.get(from).flatMap((to) => (below.has(to) ? [] : [`${from},${to}`]))
    })
    expect(missing).toEqual([])
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

/** Returns the arrows of the first picture, as pairs of packages. */
function arrowsBetweenPackages() {
  const picture = fencedBlocks(architecture).find(({ language }) => language === 'mermaid').code
  const names = new Map([...picture.matchAll(/^ *(\w+)\["([^<"]+)/gm)].map(([, id, name]) => [id, name]))
  const namesIn = (side) => side.split('&').map((id) => names.get(id.trim()))
  return [...picture.matchAll(/^ *([\w &]+) --> ([\w &]+)$/gm)].flatMap(([, from, to]) =>
    namesIn(from).flatMap((user) => namesIn(to).map((usedName) => [user, usedName])),
  )
}

function nameInPicture(name, folder) {
  return folder.startsWith('apps/') ? folder : name
}

/** A bundled program has what it uses among the packages of its development. */
function usedBy(manifest) {
  const names = Object.keys({ ...manifest.dependencies, ...(isBundled(manifest) ? manifest.devDependencies : {}) })
  const libraries = packages.filter(({ folder, name }) => folder.startsWith('packages/') && name !== '@ls/testkit')
  const drawn = new Set(libraries.map(({ name }) => name))
  return names.filter((name) => drawn.has(name))
}

function reachedFrom(start, arrows) {
  const reached = new Set()
  const next = [start]
  for (const from of next) {
    const found = arrows.filter(([user, to]) => user === from && !reached.has(to)).map(([, to]) => to)
    for (const to of found) reached.add(to)
    next.push(...found)
  }
  return reached
}

function isMissing(file) {
  return !existsSync(join(repositoryRoot, file))
}

function read(file) {
  return readFileSync(join(repositoryRoot, file), 'utf8')
}
