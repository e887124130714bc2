import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterTest } from '../stress/cleanup.js'

/** Creates a folder that is removed after the test. */
export async function temporaryFolder(removeLater = afterTest): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'linksocks-test-'))
  removeLater(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
