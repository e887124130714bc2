import { createRequire } from 'node:module'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** Output of `linksocks version`. */
export function versionLine(): string {
  return `linksocks version ${version} ${process.platform}/${process.arch} node/${process.versions.node}`
}
