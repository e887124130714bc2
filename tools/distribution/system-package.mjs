import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { repositoryRoot } from '../workspace.mjs'
import { targetName } from './targets.mjs'

/** The newest version whose modules can be downloaded. */
const nfpmVersion = 'v2.45.2'

/** Debian's names for `x64` and `arm64`; nfpm converts them to those of RPM. */
const architectures = { x64: 'amd64', arm64: 'arm64' }

/**
 * Packs an executable for Linux as `.deb` or `.rpm`, with unit, settings, completions and manual page.
 *
 * @param {object} options
 * @param {'deb' | 'rpm'} options.format
 * @param {Readonly<Record<string, string>>} options.documents
 * @returns {string} Path of the package.
 */
export function makeSystemPackage({ format, target, executable, documents, version, folder }) {
  const work = workFolder(target, format)
  mkdirSync(work, { recursive: true })
  for (const [name, text] of Object.entries(documents)) writeFileSync(join(work, name), text)
  writeFileSync(join(work, 'linksocks.1.gz'), gzipSync(documents['linksocks.1']))
  const config = join(work, 'nfpm.json')
  writeFileSync(config, JSON.stringify(describe({ target, executable, version, format })))
  const output = join(folder, `linksocks-${version}-${targetName(target)}.${format}`)
  execFileSync(nfpm(), ['package', '--config', config, '--packager', format, '--target', output], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(Date.parse('2026-01-01T00:00:00Z') / 1000) },
  })
  return output
}

function workFolder(target, format) {
  return join(repositoryRoot, 'dist/work', `${targetName(target)}-${format}`)
}

/**
 * What a package holds: source (relative to the repository, or absolute), path when installed, and mode.
 *
 * @param {{ format: 'deb' | 'rpm'; target: object; executable: string }} options
 */
export function contentsOf({ format, target, executable }) {
  const work = workFolder(target, format)
  const zsh = format === 'deb' ? 'vendor-completions' : 'site-functions'
  const settings = ['server', 'provider', 'client'].map((role) => ({
    src: `packaging/etc/${role}.env`,
    dst: `/etc/linksocks/${role}.env`,
    type: 'config|noreplace',
    file_info: { mode: 0o600 },
  }))
  return [
    { src: executable, dst: '/usr/bin/linksocks', file_info: { mode: 0o755 } },
    { src: 'packaging/linksocks@.service', dst: '/usr/lib/systemd/system/linksocks@.service' },
    { dst: '/etc/linksocks', type: 'dir', file_info: { mode: 0o755 } },
    ...settings,
    { src: join(work, 'linksocks.bash'), dst: '/usr/share/bash-completion/completions/linksocks' },
    { src: join(work, '_linksocks'), dst: `/usr/share/zsh/${zsh}/_linksocks` },
    { src: join(work, 'linksocks.fish'), dst: '/usr/share/fish/vendor_completions.d/linksocks.fish' },
    { src: join(work, 'linksocks.1.gz'), dst: '/usr/share/man/man1/linksocks.1.gz' },
    { src: 'apps/cli/LICENSE', dst: '/usr/share/doc/linksocks/copyright' },
  ].map((entry) => ({ ...entry, file_info: { mode: 0o644, ...entry.file_info, mtime: '2026-01-01T00:00:00Z' } }))
}

/** Describes the package for nfpm, in JSON, which is YAML. */
function describe({ target, executable, version, format }) {
  return {
    name: 'linksocks',
    arch: architectures[target.arch],
    platform: 'linux',
    version,
    maintainer: 'LinkSocks <linksocks@users.noreply.github.com>',
    description: 'Carries proxy traffic over WebSocket.\nServer, client, provider and connector in one command.',
    license: 'MIT',
    section: 'net',
    priority: 'optional',
    depends:
      format === 'deb' ? ['libc6 (>= 2.28)', 'libstdc++6', 'libatomic1'] : ['glibc >= 2.28', 'libstdc++', 'libatomic'],
    contents: contentsOf({ format, target, executable }),
    scripts: {
      postinstall: 'packaging/after-change.sh',
      preremove: 'packaging/before-removal.sh',
      postremove: 'packaging/after-removal.sh',
    },
  }
}

/** Returns the packer, from Go's module proxy; stored in `.cache` for later calls. @returns {string} Its path. */
function nfpm() {
  const folder = join(repositoryRoot, '.cache/distribution', `nfpm-${nfpmVersion}`)
  const program = join(folder, 'nfpm')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  execFileSync('go', ['install', `github.com/goreleaser/nfpm/v2/cmd/nfpm@${nfpmVersion}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return program
}
