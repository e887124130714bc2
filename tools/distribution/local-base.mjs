import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

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
