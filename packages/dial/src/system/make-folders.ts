import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and those above it that are missing, for this user only. `recursive` of Node never returns where the
 * system refuses a folder with ENOENT, as in /proc, and tells ENOENT in place of EROFS for a read-only disk.
 *
 * @throws The system's error
 */
export function makeFolders(path: string): void {
  if (existsSync(path)) return
  makeFolders(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have created it meanwhile.
    if (!existsSync(path)) throw error
  }
}
