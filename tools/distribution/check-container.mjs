// Builds the image and tries it, if a builder is installed: `pnpm check:container`; otherwise it says that there is
// none. If the base image cannot be pulled, an image that is made here replaces it.
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { makeLocalBase, whyNoContainer, whyNoLocalBase } from './local-base.mjs'

const builder = ['docker', 'podman'].find((program) => spawnSync(program, ['info']).status === 0)
/** Time to pull the base image, in milliseconds; if its registry cannot be reached, builders retry. */
const probeMs = 60_000
/** Time for a server to start: half a second, and more on a busy machine. */
const startSeconds = 30
const image = 'localhost/linksocks-check'

/** The container reaches the registries of the packages as this machine does. */
const network = '--network=host'

if (builder === undefined) skip('neither docker nor podman runs here')
/** podman raises these limits, which root may not do without CAP_SYS_RESOURCE. */
const limits = builder === 'podman' ? ['nofile', 'nproc'].flatMap((name) => ['--ulimit', `${name}=4096:4096`]) : []
const obstacle = inTemporaryFolder((folder) => whyNoContainer(builder, [network, ...limits], folder))
if (obstacle !== undefined) skip(obstacle)
const base = findBase()
/** The default format of podman has no health checks. */
const forPodman = builder === 'podman' ? ['--format', 'docker'] : []
execFileSync(
  builder,
  ['build', network, ...limits, ...forPodman, '--build-arg', `BASE=${base}`, '-t', image, repositoryRoot],
  {
    stdio: 'inherit',
  },
)
const restricted = [network, ...limits, '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges']
console.log(run('run', '--rm', ...restricted, image, 'version'))
const settings = { LINKSOCKS_WS_HOST: '127.0.0.1', LINKSOCKS_WS_PORT: String(await freePort()) }
const variables = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`])
const container = run('run', '-d', ...restricted, ...variables, image)
try {
  checkServer()
} finally {
  spawnSync(builder, ['rm', '-f', container])
}

function checkServer() {
  const [, command] = /HEALTHCHECK[^]*?CMD (.*)/.exec(readFileSync(join(repositoryRoot, 'Dockerfile'), 'utf8'))
  const waiting = `i=0; until ${command}; do i=$((i+1)); [ $i -lt ${startSeconds} ] || exit 1; sleep 1; done`
  run('exec', container, 'sh', '-c', waiting)
  if (run('exec', container, 'id', '-u') === '0') throw new Error('it runs as root')
  console.log('a server in the container listens, as a user of its own, on a file system that is read only')
  run('stop', '-t', '10', container)
  const code = run('inspect', '--format', '{{.State.ExitCode}}', container)
  if (code !== '0') throw new Error(`a stopped server ends with ${code}:\n${run('logs', container)}`)
  console.log('it ends with 0 when it is stopped')
}

function run(...args) {
  return execFileSync(builder, args, { encoding: 'utf8' }).trim()
}

/** Returns the base of the Dockerfile, or one that is made here. */
function findBase() {
  const [, usual] = /^ARG BASE=(\S+)$/m.exec(readFileSync(join(repositoryRoot, 'Dockerfile'), 'utf8'))
  const probe = spawnSync(builder, ['run', '--rm', network, ...limits, usual, 'true'], {
    encoding: 'utf8',
    timeout: probeMs,
  })
  if (probe.status === 0) return usual
  console.warn(`${builder} cannot run ${usual} here, so a base of its own stands in:\n${probe.stderr.trim()}`)
  const missing = whyNoLocalBase()
  if (missing !== undefined) skip(missing)
  return inTemporaryFolder((folder) => makeLocalBase(builder, folder))
}

function inTemporaryFolder(task) {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-container-'))
  try {
    return task(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The container has the network of this machine, where the usual port may be taken. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

function skip(reason) {
  console.warn(`SKIPPED: the image is not built, since ${reason}`)
  process.exit()
}
