import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { executablePath, hostTarget } from './executable.mjs'
import { filesIn, same } from './root-folder.mjs'
import { contentsOf } from './system-package.mjs'

/** What a package for Linux installs, with the rights of each file. */
const files = {
  '/etc/linksocks/client.env': '600',
  '/etc/linksocks/provider.env': '600',
  '/etc/linksocks/server.env': '600',
  '/usr/bin/linksocks': '755',
  '/usr/lib/systemd/system/linksocks@.service': '644',
  '/usr/share/bash-completion/completions/linksocks': '644',
  '/usr/share/doc/linksocks/copyright': '644',
  '/usr/share/fish/vendor_completions.d/linksocks.fish': '644',
  '/usr/share/man/man1/linksocks.1.gz': '644',
}
/** Where zsh looks for completions of packages. */
const zsh = {
  deb: '/usr/share/zsh/vendor-completions/_linksocks',
  rpm: '/usr/share/zsh/site-functions/_linksocks',
}

/** Paths of what a package installs. @param {'deb' | 'rpm'} format */
export function expectedFiles(format) {
  return [...Object.keys(files), zsh[format]].toSorted()
}

/**
 * Looks at names, rights and bytes of what a package has installed.
 *
 * @param {'deb' | 'rpm'} format
 * @param {string} root Where it is installed.
 * @param {readonly string[]} ignored Beginnings of paths that are not from the package.
 * @throws When something is missing, too many, or not what went into the package.
 */
export function checkInstalled(format, root, ignored) {
  const withRights = (path) => `${path} ${(statSync(join(root, path)).mode & 0o7777).toString(8)}`
  const wanted = expectedFiles(format).map((path) => `${path} ${files[path] ?? '644'}`)
  same(filesIn(root, ignored).map(withRights), wanted, `the .${format} installs`)
  const target = hostTarget()
  const sources = contentsOf({ format, target, executable: executablePath(target) }).filter(({ src }) => src)
  const changed = sources.filter(
    ({ src, dst }) => !readFileSync(join(root, dst)).equals(readFileSync(resolve(repositoryRoot, src))),
  )
  if (changed.length > 0)
    throw new Error(`the .${format} installs other bytes: ${changed.map(({ dst }) => dst).join(', ')}`)
}
