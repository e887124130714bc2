import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { repositoryRoot } from './workspace.mjs'

/** Ends like the command does: after its work, with exit code 0. */
const program = `
process.on('SIGINT', () => setTimeout(() => process.exit(0), 100))
setInterval(() => {}, 1000)
console.error('ready')
`

/** A folder with the settings of this repository, and with one script. */
function workspace() {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-pnpm-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [, settings] = readFileSync(join(repositoryRoot, 'pnpm-workspace.yaml'), 'utf8').split(/^(?=# In a fresh)/m)
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), `packages: []\n${settings}`)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'probe', scripts: { start: 'node program.mjs' } }))
  writeFileSync(join(folder, 'program.mjs'), program)
  return folder
}

/** Starts `pnpm start` in a process group of its own, as a terminal does. */
function pnpmStart(folder) {
  const pnpm = process.env['npm_execpath']
  const [command, ...args] = pnpm?.includes('pnpm') ? [process.execPath, pnpm] : ['npx', '-y', 'pnpm@10']
  const child = spawn(command, [...args, 'start'], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void signalGroup(child, 'SIGKILL'))
  return child
}

/** Signals all processes of a group, as a terminal does at Ctrl-C; false if it has none left. */
function signalGroup({ pid }, signal) {
  try {
    return process.kill(-Number(pid), signal)
  } catch {
    return false
  }
}

/** Time for npx and pnpm to start on a busy machine. */
const timeout = 60_000

test.skipIf(process.platform === 'win32')('pnpm start reports no failure after Ctrl-C', { timeout }, async () => {
  const pnpm = pnpmStart(workspace())
  const output = text(pnpm.stdout)
  let errors = ''
  let isAsked = false
  pnpm.stderr.setEncoding('utf8').on('data', (words) => {
    errors += words
    // Npm may add words of its own.
    if (isAsked || !errors.includes('ready\n')) return
    isAsked = true
    signalGroup(pnpm, 'SIGINT')
  })
  // The pipes close when pnpm has ended too; npx, which runs it, does not wait for it.
  await once(pnpm, 'close')
  expect(isAsked).toBe(true)
  expect(`${await output}${errors}`).not.toContain('ELIFECYCLE')
})
