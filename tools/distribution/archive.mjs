import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { zipSync } from 'fflate'
import { repositoryRoot } from '../workspace.mjs'
import { targetName } from './targets.mjs'

/**
 * Packs an executable with its further files, as `.zip` for Windows and `.tar.gz` for the others.
 *
 * @param {Readonly<Record<string, string>>} documents Names and texts of files made from the flag table.
 * @returns {string} Path of the archive.
 */
export function makeArchive({ target, executable, documents, version, folder }) {
  const name = `linksocks-${version}-${targetName(target)}`
  const content = join(repositoryRoot, 'dist/work', name)
  rmSync(content, { recursive: true, force: true })
  mkdirSync(content, { recursive: true })
  copyFileSync(executable, join(content, basename(executable)))
  for (const file of ['README.md', 'LICENSE']) copyFileSync(join(repositoryRoot, 'apps/cli', file), join(content, file))
  for (const [file, text] of Object.entries(documents)) writeFileSync(join(content, file), text)
  return target.platform === 'win32'
    ? zip(content, join(folder, `${name}.zip`))
    : tar(content, join(folder, `${name}.tar.gz`))
}

/** Owner, order and times are fixed, so that the same files make the same archive. */
function tar(content, archive) {
  const reproducible = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=2026-01-01 00:00Z']
  execFileSync('tar', ['-czf', archive, ...reproducible, '-C', join(content, '..'), basename(content)])
  return archive
}

function zip(content, archive) {
  const entries = readdirSync(content).map((file) => [
    `${basename(content)}/${file}`,
    readFileSync(join(content, file)),
  ])
  writeFileSync(archive, zipSync(Object.fromEntries(entries), { mtime: '2026-01-01' }))
  return archive
}

/** `SHA256SUMS`, as `sha256sum --check` reads it. */
export function writeChecksums(folder) {
  const files = readdirSync(folder).filter((file) => file !== 'SHA256SUMS')
  const lines = files.toSorted().map((file) => `${sha256(join(folder, file))}  ${file}\n`)
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''))
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
