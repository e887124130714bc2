import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { copyLibraries } from './root-folder.mjs'

/** Packages for the programs in the Dockerfile: `nc` has its own, and Node's program needs the libraries. */
const packages = ['ca-certificates', 'libatomic1', 'libstdc++6', 'netcat-openbsd']
const certificates = '/etc/ssl/certs/ca-certificates.crt'

/** Returns the reason why {@link makeLocalBase} cannot work here; undefined if it can. @returns {string | undefined} */
export function whyNoLocalBase() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a base of its own needs root on Linux'
  if (spawnSync('mmdebstrap', ['--version']).error !== undefined) return 'a base of its own needs mmdebstrap'
  return undefined
}

/**
 * Tries whether a builder can run a container, by an image that holds nothing but a shell. A builder that is there
 * cannot always: within an unprivileged container for instance.
 *
 * @param {string} builder `docker` or `podman`
 * @param {readonly string[]} options Of `run`.
 * @param {string} folder An empty one, for the image.
 * @returns {string | undefined} Why it cannot; undefined where it can.
 */
export function whyNoContainer(builder, options, folder) {
  const [root, archive, image] = [join(folder, 'root'), join(folder, 'probe.tar'), 'localhost/linksocks-probe']
  mkdirSync(join(root, 'bin'), { recursive: true })
  copyFileSync('/bin/sh', join(root, 'bin/sh'))
  copyLibraries('/bin/sh', root)
  execFileSync('tar', ['-cf', archive, '-C', root, '.'])
  const steps = [
    ['import', archive, image],
    ['run', '--rm', ...options, image, '/bin/sh', '-c', ':'],
  ]
  const failed = steps.map((args) => spawnSync(builder, args, { encoding: 'utf8' })).find(({ status }) => status !== 0)
  spawnSync(builder, ['rmi', '--force', image])
  return failed && `${builder} cannot run a container here:\n${failed.stderr.trim()}`
}

/**
 * Makes a base image for a machine that cannot pull the usual one: Debian with Node, npm and the certificates of this
 * machine, and the user `node`. It replaces `node:22-alpine`, so the image is tried, but not on Alpine.
 *
 * @param {string} builder `docker` or `podman`
 * @param {string} folder Where the archive of the image is written.
 * @returns {string} Name of the image.
 */
export function makeLocalBase(builder, folder) {
  const archive = join(folder, 'base.tar')
  const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim()
  const hooks = [
    `copy-in ${process.execPath} /usr/bin`,
    'mkdir -p "$1/usr/lib/node_modules"',
    `copy-in ${join(npm, 'npm')} /usr/lib/node_modules`,
    'ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/usr/bin/npx"',
    'ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/bin/npm"',
    // The certificates of this machine: registries may be behind a proxy that has its own.
    ...(existsSync(certificates) ? [`copy-in ${certificates} /etc/ssl/certs`] : []),
    'chroot "$1" useradd --create-home node',
  ]
  const args = [
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...hooks.map((hook) => `--customize-hook=${hook}`),
  ]
  execFileSync('mmdebstrap', [...args, 'bookworm', archive], { stdio: ['ignore', 'ignore', 'inherit'] })
  const image = 'localhost/linksocks-base'
  const settings = ['--change', `ENV NODE_EXTRA_CA_CERTS=${certificates}`]
  execFileSync(builder, ['import', ...settings, archive, image], { stdio: ['ignore', 'ignore', 'inherit'] })
  return image
}
