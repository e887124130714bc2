import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const siteFolder = fileURLToPath(new URL('..', import.meta.url))
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url))
export const docsFolder = join(repositoryRoot, 'docs')

/** VitePress reads the pages from here: those of docs/ with their links changed, and generated ones. */
export const stagedFolder = join(siteFolder, '.cache/pages')

const { homepage } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'))

/** The repository's page, which links to files that the site does not show lead to. */
export const repositoryPage = homepage.replace('#readme', '')
