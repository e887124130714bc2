// Builds the packages of this machine and tries them: `pnpm check:packages`. It installs the .deb into a root of its
// own, inspects it, runs it and purges it, and runs its unit under a systemd of its own. With `rpm` it installs,
// upgrades and removes the .rpm likewise.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { checkRpm } from './check-rpm.mjs'
import { checkUnderSystemd } from './check-under-systemd.mjs'
import { hostTarget } from './executable.mjs'
import { checkInstalled } from './installed-files.mjs'
import { filesIn, same } from './root-folder.mjs'
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

/** Beginnings of paths that dpkg itself writes. */
const ofDpkg = ['/var/lib/dpkg/', '/var/log/']
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
  checkRpm(packageFile('rpm'), join(root, 'rpm'), version)
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
  checkInstalled('deb', root, ofDpkg)
  const version = execFileSync(join(root, 'usr/bin/linksocks'), ['--version'], { encoding: 'utf8' })
  console.log(`installed from the .deb: ${version.trim()}`)
  mkdirSync(join(root, 'var/lib/linksocks'), { recursive: true })
  writeFileSync(join(root, 'var/lib/linksocks/self-signed.key'), '')
  dpkg('--purge', 'linksocks')
  same(filesIn(root, ofDpkg), [], 'a purge leaves')
  console.log('a purge leaves nothing')
}

/** Scripts of the package run outside of the root, since there is no shell inside; DPKG_ROOT names the root. */
function dpkg(...args) {
  const common = [`--root=${root}`, '--force-script-chrootless', '--force-not-root', '--no-triggers']
  execFileSync('dpkg', [...common, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

function has(program) {
  return spawnSync(program, ['--version']).error === undefined
}
