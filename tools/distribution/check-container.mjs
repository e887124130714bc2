// Builds the image and tries it, where there is a builder: `pnpm check:container`. Says so where there is none.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'

const builder = ['docker', 'podman'].find((program) => spawnSync(program, ['info']).status === 0)
/** Enough to fetch the base image; where its registry cannot be reached, builders retry. */
const probeMs = 60_000
if (builder === undefined) skip('neither docker nor podman runs here')
const [, base] = /^FROM (\S+)$/m.exec(readFileSync(join(repositoryRoot, 'Dockerfile'), 'utf8'))
const probe = spawnSync(builder, ['run', '--rm', base, 'true'], { encoding: 'utf8', timeout: probeMs })
if (probe.status !== 0) skip(`${builder} cannot run ${base} here:\n${probe.stderr.trim()}`)

const image = 'linksocks-check'
execFileSync(builder, ['build', '-t', image, repositoryRoot], { stdio: 'inherit' })
console.log(execFileSync(builder, ['run', '--rm', '--read-only', image, 'version'], { encoding: 'utf8' }).trim())
const container = execFileSync(builder, ['run', '-d', '--read-only', '--cap-drop=ALL', image], {
  encoding: 'utf8',
}).trim()
try {
  const test = [
    'exec',
    container,
    'sh',
    '-c',
    'for i in 1 2 3 4 5 6 7 8 9; do nc -z 127.0.0.1 8765 && exit; sleep 1; done; exit 1',
  ]
  execFileSync(builder, test, { stdio: 'inherit' })
  if (execFileSync(builder, ['exec', container, 'id', '-u'], { encoding: 'utf8' }).trim() === '0')
    throw new Error('it runs as root')
  console.log('a server in the container listens, as a user of its own, on a file system that is read only')
} finally {
  execFileSync(builder, ['rm', '-f', container], { stdio: 'ignore' })
}

function skip(reason) {
  console.warn(`SKIPPED: the image is not built, since ${reason}`)
  process.exit()
}
