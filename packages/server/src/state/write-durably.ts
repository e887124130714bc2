import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file atomically: after a crash at any moment it contains either the old text or the new one, whole.
 * Resolves when the new one is on the disk. Only the owner can read it.
 *
 * @param onReplaced Called when the new file is in place, before the folder is written to the disk.
 * @throws the system's error; the old file is then untouched, or replaced if `onReplaced` was called
 */
export async function writeDurably(path: string, text: string, onReplaced: () => Promise<void>): Promise<void> {
  const temporary = `${path}.new`
  try {
    await withFile(temporary, 'w', async (file) => {
      // An old temporary file may have had another mode.
      await file.chmod(0o600)
      await file.writeFile(text)
      await file.sync()
    })
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  }
  await onReplaced()
  await syncFolder(dirname(path))
}

/**
 * Writes a folder to the disk: only then is the new name there. Windows cannot open folders, and orders renames itself.
 */
async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await withFile(path, 'r', (folder) => folder.sync())
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}
