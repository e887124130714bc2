import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Copies the shared libraries of a program to the same paths in a folder, which then can be its root. */
export function copyLibraries(program, folder) {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
  const libraries = [...listed.matchAll(/(?<=\s)\/\S+/g)].map(([path]) => path)
  for (const library of libraries.filter((path) => existsSync(path))) {
    mkdirSync(join(folder, dirname(library)), { recursive: true })
    copyFileSync(realpathSync(library), join(folder, library))
  }
}

/**
 * Paths of all files in a root folder, as they are called within it.
 *
 * @param {string} root
 * @param {readonly string[]} ignored Beginnings of paths that are left out.
 * @returns {string[]}
 */
export function filesIn(root, ignored) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `/${relative(root, join(entry.parentPath, entry.name))}`)
    .filter((path) => !ignored.some((beginning) => path.startsWith(beginning)))
    .toSorted()
}

/**
 * @param {readonly string[]} actual
 * @param {readonly string[]} wanted
 * @param {string} what Beginning of the error.
 * @throws When one list has a line that the other has not.
 */
export function same(actual, wanted, what) {
  const difference = [
    ...actual.filter((line) => !wanted.includes(line)).map((line) => `+ ${line}`),
    ...wanted.filter((line) => !actual.includes(line)).map((line) => `- ${line}`),
  ]
  if (difference.length > 0) throw new Error(`${what} other than expected:\n${difference.join('\n')}`)
}
