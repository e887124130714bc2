import { readFileSync } from 'node:fs'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** What `linksocks version` prints. */
export function versionLine(): string {
  return `linksocks version ${version} ${process.platform}/${process.arch} node/${process.versions.node}`
}
