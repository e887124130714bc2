import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../workspace.mjs'
import { nodeVersion } from './targets.mjs'

/**
 * Returns the contents of the executables as CycloneDX 1.6: Node, and each package of which the bundle contains a file.
 * The list is made from the files that the bundler has read, since many installed packages are not in the bundle.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {string} version
 */
export function billOfMaterials(metafile, version) {
  const manifests = new Map(
    Object.keys(metafile.inputs).flatMap((input) => {
      const manifest = manifestOf(join(repositoryRoot, input))
      return manifest === undefined ? [] : [[`${manifest.name}@${manifest.version}`, manifest]]
    }),
  )
  const libraries = [...manifests.values()].filter(({ name }) => name !== 'linksocks').map(component)
  const node = { type: 'platform', name: 'node', version: nodeVersion, purl: `pkg:generic/node@${nodeVersion}` }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', name: 'linksocks', version, licenses: [{ license: { id: 'MIT' } }] },
    },
    components: [node, ...libraries.toSorted((a, b) => a.purl.localeCompare(b.purl))],
  }
}

/** Returns the manifest of the package that a file belongs to; undefined for a file that the bundler generates. */
function manifestOf(file) {
  for (
    let folder = dirname(file);
    folder.startsWith(repositoryRoot) && folder !== repositoryRoot;
    folder = dirname(folder)
  ) {
    const path = join(folder, 'package.json')
    const manifest = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
    if (manifest.name !== undefined && manifest.version !== undefined) return manifest
  }
  return undefined
}

function component({ name, version, license }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return { type: 'library', name, version, purl, ...(license ? { licenses: [licenseOf(license)] } : {}) }
}

/**
 * Converts a licence to CycloneDX, which distinguishes identifiers and expressions of SPDX from other names; manifests
 * have one field for all three.
 *
 * @param {string} text `MIT`, `(BSD-3-Clause OR GPL-2.0)` or `MPL 2.0`.
 */
export function licenseOf(text) {
  if (/\b(?:OR|AND|WITH)\b/.test(text)) return { expression: text }
  return { license: text.includes(' ') ? { name: text } : { id: text } }
}
