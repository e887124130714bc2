import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder
let files = 0

/** Returns the path of a new file, in a folder that is removed with this process. */
export function scratchFile(name) {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'bench-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  }
  files++
  return join(folder, `${files}-${name}`)
}
