import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the repository. */
export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)))

const ignoredFolders = new Set(['node_modules', 'dist', '.cache', '.turbo', '.git'])

/**
 * Returns the libraries and programs of the workspace at `root`, in the order of their folders.
 *
 * @returns {Array<{ name: string, folder: string, manifest: Record<string, any> }>} `folder` is relative to `root`.
 */
export function readPackages(root, parents = ['packages', 'apps']) {
  return parents.flatMap((parent) =>
    childFolders(join(root, parent))
      .map((child) => `${parent}/${child}`)
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map((folder) => readPackage(root, folder)),
  )
}

/** Returns one package of the workspace; `folder` is relative to `root`. */
export function readPackage(root, folder) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return { name: manifest.name, folder, manifest }
}

/**
 * Whether a package is published as a bundle: the bundle contains the packages of the workspace that it uses, and their
 * external dependencies are installed beside it.
 */
export function isBundled(manifest) {
  return manifest.files?.includes(bundleFolder) === true
}

/** Folder of the bundle in such a package. */
export const bundleFolder = 'dist/bundle'

/**
 * Returns every file below `folder` whose name ends in one of `endings`, in a stable order; build output and installed
 * packages are omitted.
 *
 * @returns {string[]} Paths relative to `root`, with forward slashes.
 */
export function listFiles(root, folder, endings) {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  return walk(start)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => relative(root, path).split(sep).join('/'))
}

function walk(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : walk(path)
    return entry.isFile() ? [path] : []
  })
}

function childFolders(parent) {
  if (!existsSync(parent)) return []
  const entries = readdirSync(parent, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}
