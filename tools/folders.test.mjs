import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listFiles, readPackages, repositoryRoot } from './workspace.mjs'

// Sources are in folders by subject: each has few enough files to survey, and the README has a map of them.

/** Most sources in one folder; tests beside them do not count. */
const maxSources = 15

const endings = ['.ts', '.tsx']

/** The site has pages and scripts, and no sources of this kind. */
const packages = readPackages(repositoryRoot).filter(({ folder }) => existsSync(join(repositoryRoot, folder, 'src')))

describe.each(packages)('$folder', ({ folder }) => {
  const folders = foldersBelow(`${folder}/src`)

  test(`has at most ${maxSources} sources in a folder`, () => {
    const crowded = [`${folder}/src`, ...folders].filter((each) => sourcesIn(each).length > maxSources)
    expect(crowded).toEqual([])
  })

  test('has a README that maps its folders', () => {
    const readme = readFileSync(join(repositoryRoot, folder, 'README.md'), 'utf8')
    const mapped = [...readme.matchAll(/^\| `(?<path>src\/[\w/-]+)\/` +\|/gm)].map(({ groups }) => groups.path)
    expect(new Set(mapped)).toEqual(new Set(folders.map((each) => each.slice(`${folder}/`.length))))
  })
})

/** Returns the folders below `folder` that contain files, relative to the root. */
function foldersBelow(folder) {
  return [
    ...new Set(listFiles(repositoryRoot, folder, endings).map((file) => file.slice(0, file.lastIndexOf('/')))),
  ].filter((each) => each !== folder)
}

function sourcesIn(folder) {
  const files = readdirSync(join(repositoryRoot, folder))
  const isSource = (file) => endings.some((ending) => file.endsWith(ending)) && !/\.test\.tsx?$/.test(file)
  return files.filter((file) => isSource(file) && file !== 'index.ts')
}
