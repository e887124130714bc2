// Builds the executable of this machine and tries it without Node and other programs: `pnpm check:dist`. As root on
// Linux it runs in a chroot that contains only the executable and its shared libraries.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect } from '@ls/socks5/node'
import { repositoryRoot } from '../workspace.mjs'
import { hostTarget } from './executable.mjs'
import { timeRatio } from './measure.mjs'
import { nodeProgram } from './node-program.mjs'
import { copyLibraries } from './root-folder.mjs'
import { targetName } from './targets.mjs'

/** Largest ratio of its start to Node's own start. */
const slowestStart = 1.2

const name = targetName(hostTarget())
/** In the chroot the executable gets only this variable. */
const env = { PATH: process.env.PATH }
execFileSync(process.execPath, [join(repositoryRoot, 'tools/distribution/build.mjs'), name], { stdio: 'inherit' })
const release = join(repositoryRoot, 'dist/release')
execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: release, stdio: 'inherit' })

const empty = mkdtempSync(join(tmpdir(), 'linksocks-empty-'))
try {
  execFileSync('tar', ['-xzf', archiveOf(name), '--strip-components=1', '-C', empty])
  const run = isolated(empty)
  const version = execFileSync(run.command, [...run.args, '--version'], { env, encoding: 'utf8' })
  if (!version.startsWith('linksocks version ')) throw new Error(`--version printed ${JSON.stringify(version)}`)
  process.stdout.write(`${run.place}: ${version}`)
  await transfer(run)
  checkStart(join(empty, 'linksocks'))
} finally {
  rmSync(empty, { recursive: true, force: true })
}

function archiveOf(target) {
  const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8'))
  return join(release, `linksocks-${version}-${target}.tar.gz`)
}

/** Returns how to run the executable without the files of this machine, as far as this user can. */
function isolated(folder) {
  const mayChroot = process.platform === 'linux' && process.getuid?.() === 0
  if (!mayChroot) {
    console.warn('not root on Linux: the executable is tried without a chroot, with an empty environment')
    return { command: join(folder, 'linksocks'), args: [], place: 'empty environment' }
  }
  copyLibraries(join(folder, 'linksocks'), folder)
  mkdirSync(join(folder, 'tmp'))
  return { command: 'chroot', args: [folder, '/linksocks'], place: 'chroot' }
}

/** Checks the time of `--version`, which scripts call often. */
function checkStart(program) {
  const ratio = timeRatio([program, '--version'], [nodeProgram(hostTarget()), '-e', '0'])
  console.log(`--version takes ${ratio.toFixed(2)} times as long as node -e 0`)
  if (ratio > slowestStart) throw new Error(`it has to take at most ${slowestStart} times as long`)
}

/** Sends a request through the demo, which consists of a server and a client. */
async function transfer({ command, args }) {
  const body = Buffer.alloc(8 * 1024 * 1024, 'linksocks ')
  const web = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1')
  const demo = spawn(command, [...args, 'demo', '-p', '0', '-P', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const proxy = await proxyOf(demo)
    const { port } = web.address()
    const socket = await connect({ proxy, target: { host: '127.0.0.1', port } })
    socket.write('GET / HTTP/1.0\r\n\r\n')
    const chunks = []
    for await (const chunk of socket) chunks.push(chunk)
    if (!Buffer.concat(chunks).subarray(-body.length).equals(body)) throw new Error('the transfer came out different')
    console.log(`${body.length} bytes came through the demo, equal`)
  } finally {
    demo.kill()
    web.close()
  }
}

async function proxyOf(demo) {
  for await (const line of createInterface(demo.stdout)) {
    const [, host, port] = /proxy: +socks5h:\/\/([\d.]+):(\d+)/.exec(line) ?? []
    if (port !== undefined) return { host, port: Number(port) }
  }
  throw new Error('the demo ended before it told of its proxy')
}
