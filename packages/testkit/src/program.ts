import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const ENDINGS = process.platform === 'win32' ? ['.exe', '.cmd', ''] : ['']

/**
 * Path of a program that a suite runs against, or undefined when it is not installed: the suite then skips, loudly.
 * With CI=true a missing program is an error, since a suite that silently never runs proves nothing.
 */
export function requireProgram(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = findProgram(name, environment['PATH'] ?? '')
  if (path !== undefined) return path
  if (environment['CI'] === 'true') throw new Error(`the program '${name}' is needed by this suite and not on PATH`)
  console.warn(`\n*** '${name}' is not on PATH: the suite that needs it is SKIPPED ***\n`)
  return undefined
}

function findProgram(name: string, searchPath: string): string | undefined {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '')
  const candidates = folders.flatMap((folder) => ENDINGS.map((ending) => join(folder, name + ending)))
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
