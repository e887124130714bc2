import { renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { makeFolders } from '@ls/dial'
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

/** Replaces a file, for this user only; readers see either the old or the new content. */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`
  writeFileSync(fresh, text, { mode: 0o600 })
  renameSync(fresh, path)
}
