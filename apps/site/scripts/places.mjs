import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const siteFolder = fileURLToPath(new URL('..', import.meta.url))
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url))
export const docsFolder = join(repositoryRoot, 'docs')

/** Folder from which VitePress reads the pages: those of docs/ with changed links, and generated ones. */
export const stagedFolder = join(siteFolder, '.cache/pages')

const { homepage } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'))

/** Page of the repository. Links to files that the site does not show lead there. */
export const repositoryPage = homepage.replace('#readme', '')
