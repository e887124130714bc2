import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './places.mjs'

const parent = join(repositoryRoot, 'packages')

/** The packages that users install, in the order of their folders. */
export const packages = readdirSync(parent)
  .toSorted()
  .filter((name) => existsSync(join(parent, name, 'package.json')))
  .map((name) => ({ name, manifest: JSON.parse(readFileSync(join(parent, name, 'package.json'), 'utf8')) }))
  .filter(({ manifest }) => !manifest.private)
