import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkInstalled, expectedFiles } from './installed-files.mjs'
import { copyLibraries, filesIn, same } from './root-folder.mjs'

/** What the root has before the package is installed, and rpm's own records. */
const notOfThePackage = ['/bin/', '/lib', '/calls', '/var/lib/rpm/']
/** As `uname` and RPM call a processor. */
const architectures = { x64: 'x86_64', arm64: 'aarch64' }
/** Written into a file of settings, as its owner would. */
const change = 'LINKSOCKS_TOKEN=a_token_of_the_check\n'

/**
 * Looks at what an `.rpm` says of itself; as root installs it into a root folder, installs it again and removes it.
 *
 * @param {string} file
 * @param {string} root An empty folder.
 * @param {string} version What it has to be.
 * @throws When it is not what it should be. Where there is no `rpm` it says so, and looks at the names of files alone.
 */
export function checkRpm(file, root, version) {
  const head = readFileSync(file).subarray(0, 4).toString('hex')
  if (head !== 'edabeedb') throw new Error(`the .rpm begins with ${head}, no lead of an RPM`)
  if (!has('rpm')) return checkNames(file)
  checkHeader(file, version)
  if (process.getuid?.() !== 0) return console.warn('SKIPPED: the .rpm is not installed, since only root may chroot')
  prepare(root)
  rpm(root, '--install', file)
  checkInstalled('rpm', root, notOfThePackage)
  console.log(`installed from the .rpm: ${run(join(root, 'usr/bin/linksocks'), '--version')}`)
  checkCalls(root, ['daemon-reload'], 'installing')
  appendFileSync(join(root, 'etc/linksocks/server.env'), change)
  rpm(root, '--upgrade', '--replacepkgs', file)
  if (!readFileSync(join(root, 'etc/linksocks/server.env'), 'utf8').endsWith(change))
    throw new Error('an upgrade of the .rpm loses settings')
  checkCalls(root, ['daemon-reload', 'daemon-reload'], 'an upgrade')
  rpm(root, '--erase', 'linksocks')
  // RPM keeps settings that were changed, under another name.
  same(filesIn(root, notOfThePackage), ['/etc/linksocks/server.env.rpmsave'], 'removing the .rpm leaves')
  checkCalls(root, ['disable --now linksocks@*.service', 'daemon-reload'], 'removing')
  console.log('the .rpm is upgraded with its settings kept, and stops its units when it is removed')
}

function checkHeader(file, version) {
  const head = run('rpm', '-qp', '--queryformat', '%{NAME} %{VERSION} %{ARCH} %{LICENSE}', file)
  const wanted = `linksocks ${version.replaceAll('-', '~')} ${architectures[process.arch]} MIT`
  same([head], [wanted], 'the .rpm calls itself')
  const format = '[%{FILENAMES} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEFLAGS:fflags}\n]'
  const listed = run('rpm', '-qp', '--queryformat', format, file)
    .split('\n')
    .map((line) => line.trim())
  const flags = (path) => (path.startsWith('/etc/') ? `${path} root:root cn` : `${path} root:root`)
  same(listed, ['/etc/linksocks root:root', ...expectedFiles('rpm').map(flags)], 'the .rpm lists')
}

/** A shell for the scripts of the package, and a `systemctl` that notes how it is called. */
function prepare(root) {
  for (const folder of ['bin', 'run/systemd/system', 'var/lib/rpm']) mkdirSync(join(root, folder), { recursive: true })
  copyFileSync('/bin/sh', join(root, 'bin/sh'))
  copyLibraries('/bin/sh', root)
  writeFileSync(join(root, 'bin/systemctl'), '#!/bin/sh\necho "$*" >>/calls\n')
  chmodSync(join(root, 'bin/systemctl'), 0o755)
}

/** Compares how `systemctl` was called since the last time. */
function checkCalls(root, wanted, what) {
  const calls = existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8') : ''
  writeFileSync(join(root, 'calls'), '')
  same([calls], [wanted.map((call) => `${call}\n`).join('')], `${what} calls systemctl`)
}

/** Debian's `rpm` installs only when it is told that no package of Debian's is meant. */
function rpm(root, ...args) {
  const debian = run('rpm', '--eval', '%{_vendor}') === 'debian' ? ['--force-debian'] : []
  const needed = args[0] === '--erase' ? [] : debian
  execFileSync('rpm', [`--root=${root}`, '--dbpath=/var/lib/rpm', ...args, '--nodeps', ...needed], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function checkNames(file) {
  if (!has('bsdtar')) return console.warn('SKIPPED: the .rpm is not looked into, as there is neither rpm nor bsdtar')
  const paths = run('bsdtar', '-tf', file)
    .split('\n')
    .map((path) => path.replace(/^\.?\/?/, '/'))
    .filter((path) => path !== '/etc/linksocks')
  same(paths, expectedFiles('rpm'), 'the .rpm holds')
  console.warn(`SKIPPED: the .rpm holds ${paths.length} files, but is not installed, since there is no rpm`)
}

function run(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8' }).trim()
}

function has(program) {
  return spawnSync(program, ['--version']).error === undefined
}
