import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../bench/processes.mjs'
import { program } from '../rig.mjs'

const startLimitMs = 8000

export const openFiles = {
  id: 'open-files',
  title: 'local user: reads and changes the file of accounts, of a server that runs as root',
  run: async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'attack-')), 'accounts')
    writeFileSync(file, 'user:secret\n')
    const faults = []
    for (const [mode, warned] of [
      [0o666, /0666: others on this machine can read and change it; chmod 600/],
      [0o644, /0644: others on this machine can read it; chmod 600/],
    ]) {
      chmodSync(file, mode)
      const said = await startWith(file, (text) => warned.test(text) && (!isRoot || asRoot.test(text)))
      if (!warned.test(said)) faults.push(`no warning of mode ${mode.toString(8)}: ${said}`)
      if (isRoot && !asRoot.test(said)) faults.push(`no warning of running as root: ${said}`)
      if (said.includes('user:secret')) faults.push('the log has the password')
    }
    return faults
  },
}

const isRoot = process.getuid?.() === 0
const asRoot = /runs as root on a public port/

/** Returns the output of a server on a public port, as soon as `isEnough` accepts it. */
async function startWith(accountFile, isEnough) {
  const port = String(await freePort())
  const [node, ...line] = [
    ...program,
    'server',
    '-H',
    '0.0.0.0',
    '-P',
    port,
    '-t',
    'token',
    '--account-file',
    accountFile,
  ]
  const child = spawn(node, line, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, startLimitMs)
    const hear = (chunk) => {
      said += chunk
      if (isEnough(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', resolve)
    child.once('close', () => clearTimeout(timer))
  })
  child.kill('SIGKILL')
  return said
}
