import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { messageOf } from '../output/describe-error.js'

/**
 * Folder for certificates of this program. systemd sets `STATE_DIRECTORY` for a unit, desktops set `XDG_STATE_HOME`.
 */
export function stateFolder(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (asked !== undefined) return asked
  const { STATE_DIRECTORY: unit, XDG_STATE_HOME: desktop } = environment
  // systemd names several, separated by colons; the first is the unit's own.
  if (unit !== undefined && unit !== '') return unit.split(':', 1)[0] ?? unit
  const base = desktop !== undefined && desktop !== '' ? desktop : join(homedir(), '.local/state')
  return join(base, 'linksocks')
}

/** Creates a folder that only this user may enter. @throws Error that names the flag */
export function makeFolder(path: string): string {
  try {
    makeFolders(path)
    return path
  } catch (error) {
    throw new Error(
      `cannot keep certificates in ${path}: ${messageOf(error)}; choose another folder with --state-folder`,
      {
        cause: error,
      },
    )
  }
}

/**
 * Creates a folder and those above it that are missing. `recursive` of Node never returns where the system refuses a
 * folder with ENOENT, as in /proc, and tells ENOENT in place of EROFS for a read-only disk.
 */
function makeFolders(path: string): void {
  if (existsSync(path)) return
  makeFolders(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have created it meanwhile.
    if (!existsSync(path)) throw error
  }
}

/** Replaces a file, for this user only; readers see either the old or the new content. */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`
  writeFileSync(fresh, text, { mode: 0o600 })
  renameSync(fresh, path)
}
