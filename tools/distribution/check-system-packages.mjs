// Builds the packages of this machine and tries them: `pnpm check:packages`. It installs the .deb into a root of its
// own, inspects it, runs it and purges it, and runs its unit under a systemd of its own. For the .rpm it compares the
// list of files, if `rpm` or `bsdtar` can read it.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { checkUnderSystemd } from './check-under-systemd.mjs'
import { hostTarget } from './executable.mjs'
import { targetName } from './targets.mjs'

const name = targetName(hostTarget())
if (hostTarget().platform !== 'linux') {
  console.warn('skipped: packages for Linux are tried on Linux only')
  process.exit()
}
if (spawnSync('go', ['version']).error !== undefined) {
  console.warn('skipped: packages are not made, since what packs them needs Go (https://go.dev/dl)')
  process.exit()
}

const expected = [
  '/etc/linksocks/client.env',
  '/etc/linksocks/provider.env',
  '/etc/linksocks/server.env',
  '/usr/bin/linksocks',
  '/usr/lib/systemd/system/linksocks@.service',
  '/usr/share/bash-completion/completions/linksocks',
  '/usr/share/doc/linksocks/copyright',
  '/usr/share/fish/vendor_completions.d/linksocks.fish',
  '/usr/share/man/man1/linksocks.1.gz',
]
/** Highest result of `systemd-analyze security`: 2.0, in tenths. */
const maxExposure = 20

execFileSync(process.execPath, [join(repositoryRoot, 'tools/distribution/build.mjs'), '--packages', name], {
  stdio: 'inherit',
})
const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'apps/cli/package.json'), 'utf8'))
const packageFile = (format) => join(repositoryRoot, `dist/release/linksocks-${version}-${name}.${format}`)

const root = mkdtempSync(join(tmpdir(), 'linksocks-root-'))
try {
  checkUnit()
  if (has('dpkg')) {
    checkDeb()
    await checkUnderSystemd(packageFile('deb'))
  } else console.warn('skipped: the .deb is not installed, since there is no dpkg')
  checkRpm()
} finally {
  rmSync(root, { recursive: true, force: true })
}

function checkUnit() {
  if (!has('systemd-analyze')) return console.warn('skipped: the unit is not rated, since there is no systemd-analyze')
  const unit = join(root, 'linksocks@server.service')
  copyFileSync(join(repositoryRoot, 'packaging/linksocks@.service'), unit)
  const args = ['security', '--offline=true', `--threshold=${maxExposure}`, '--no-pager', unit]
  const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the unit is exposed more than ${maxExposure / 10}:\n${stdout}`)
  console.log(stdout.trim().split('\n').at(-1))
  rmSync(unit)
}

function checkDeb() {
  mkdirSync(join(root, 'var/lib/dpkg/updates'), { recursive: true })
  mkdirSync(join(root, 'var/lib/dpkg/info'), { recursive: true })
  for (const file of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', file), '')
  dpkg('--force-depends', '--install', packageFile('deb'))
  const installed = files()
  same(installed, [...expected, '/usr/share/zsh/vendor-completions/_linksocks'].toSorted(), 'the .deb installs')
  const version = execFileSync(join(root, 'usr/bin/linksocks'), ['--version'], { encoding: 'utf8' })
  console.log(`installed from the .deb: ${version.trim()}`)
  if ((statSync(join(root, 'etc/linksocks/server.env')).mode & 0o77) !== 0)
    throw new Error('others may read server.env')
  mkdirSync(join(root, 'var/lib/linksocks'), { recursive: true })
  writeFileSync(join(root, 'var/lib/linksocks/self-signed.key'), '')
  dpkg('--purge', 'linksocks')
  same(files(), [], 'a purge leaves')
  console.log('a purge leaves nothing')
}

/** Scripts of the package run outside of the root, since there is no shell inside; DPKG_ROOT names the root. */
function dpkg(...args) {
  const common = [`--root=${root}`, '--force-script-chrootless', '--force-not-root', '--no-triggers']
  execFileSync('dpkg', [...common, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Returns every file in the root that does not belong to dpkg. */
function files() {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `/${relative(root, join(entry.parentPath, entry.name))}`)
    .filter((path) => !path.startsWith('/var/lib/dpkg/') && !path.startsWith('/var/log/'))
    .toSorted()
}

function checkRpm() {
  const reader = has('rpm') ? ['rpm', '-qlp'] : has('bsdtar') ? ['bsdtar', '-tf'] : undefined
  const head = readFileSync(packageFile('rpm')).subarray(0, 4).toString('hex')
  if (head !== 'edabeedb') throw new Error(`the .rpm begins with ${head}, no lead of an RPM`)
  if (reader === undefined)
    return console.warn('skipped: the .rpm is not looked into, since there is neither rpm nor bsdtar')
  const [program, ...args] = reader
  const listed = execFileSync(program, [...args, packageFile('rpm')], { encoding: 'utf8' })
  const paths = listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^\.?\/?/, '/'))
    .filter((path) => path !== '/etc/linksocks')
  same(paths.toSorted(), [...expected, '/usr/share/zsh/site-functions/_linksocks'].toSorted(), 'the .rpm holds')
  console.log(`the .rpm holds ${paths.length} files`)
}

function same(actual, wanted, what) {
  const difference = [
    ...actual.filter((path) => !wanted.includes(path)),
    ...wanted.filter((path) => !actual.includes(path)),
  ]
  if (difference.length > 0) throw new Error(`${what} other files than expected: ${difference.join(', ')}`)
}

function has(program) {
  return spawnSync(program, ['--version']).error === undefined
}
