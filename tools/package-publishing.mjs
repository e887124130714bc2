import { isDeepStrictEqual } from 'node:util'

/** Keywords of every package of this repository on npm; each package adds at least one of its own. */
const sharedKeywords = ['linksocks']

/**
 * Compares the fields that npm shows for a public package with the workspace's own manifest, the only place that names
 * the repository.
 *
 * @param {{ bugs: { url: string }, repository: { type: string, url: string } }} workspace The manifest of the
 * repository's root.
 * @param {{ folder: string, manifest: Record<string, any> }} pkg
 * @returns {string[]} One line per difference, `folder: what`.
 */
export function publishingFaults(workspace, { folder, manifest }) {
  const expected = publishingFields(workspace, folder)
  const differing = Object.keys(expected).filter((key) => !isDeepStrictEqual(manifest[key], expected[key]))
  return [
    ...differing.map((key) => `${key} is ${JSON.stringify(manifest[key])}, expected ${JSON.stringify(expected[key])}`),
    ...keywordFaults(manifest.keywords ?? []),
  ].map((fault) => `${folder}/package.json: ${fault}`)
}

function publishingFields({ bugs, repository }, folder) {
  const page = repository.url.replace(/^git\+/, '').replace(/\.git$/, '')
  return {
    homepage: `${page}/tree/main/${folder}#readme`,
    bugs,
    repository: { ...repository, directory: folder },
    publishConfig: { access: 'public', provenance: true },
  }
}

function keywordFaults(keywords) {
  const missing = sharedKeywords.filter((word) => !keywords.includes(word))
  return [
    ...missing.map((word) => `keywords lack ${JSON.stringify(word)}`),
    ...(keywords.some((word) => !sharedKeywords.includes(word)) ? [] : ['keywords name nothing of its own']),
    ...(new Set(keywords).size === keywords.length ? [] : ['keywords repeat themselves']),
  ]
}
