import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { freePort, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest } from '../stress/cleanup.js'
import { Program } from './program.js'
import { RawPeer } from './raw-peer.js'
import { temporaryFolder } from './temporary-folder.js'

const missing = missingForDisk()
if (missing !== undefined) console.warn(`\n*** e2e: the test of a full disk is SKIPPED: ${missing} ***\n`)

test.skipIf(missing !== undefined)(
  'a server continues when its disk is full, and reports how many log lines were lost',
  { timeout: 60_000 },
  async () => {
    const folder = await smallDisk()
    const [port, log, filler] = [await freePort(), `${folder}/log`, `${folder}/filler`]
    // Each client causes some lines at this level.
    const args = ['server', '-t', 'token', '-H', '127.0.0.1', '-P', String(port), '-dd', '--log-format', 'json']
    // The shell creates the file only when it runs.
    writeFileSync(log, '')
    const server = new Program({ shell: `exec "$@" >>${log} 2>&1` }, ...args)
    await until(() => readFileSync(log, 'utf8').includes('listening'), 'the server to listen', { timeoutMs: 15_000 })
    fill(filler)
    for (let peer = 0; peer < 20; peer++) await RawPeer.open({ port, token: 'token' })
    rmSync(filler)
    await RawPeer.open({ port, token: 'token' })
    const lost = /^\{.*"msg":"\d+ lines of the log were lost: ENOSPC"\}$/m
    await until(() => lost.test(readFileSync(log, 'utf8')), 'the number of lost lines', { timeoutMs: 15_000 })
    server.kill('SIGTERM')
    expect(await server.exit()).toBe(0)
  },
)

function missingForDisk(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux'
  return process.getuid?.() === 0 ? undefined : 'it needs root, to mount a disk of its own'
}

async function smallDisk(): Promise<string> {
  const folder = await temporaryFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
  afterTest(() => execFileSync('umount', ['-l', folder]))
  return folder
}

/** Fills the disk. */
function fill(file: string): void {
  try {
    for (;;) writeFileSync(file, 'x'.repeat(4096), { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
