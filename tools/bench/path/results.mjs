// The results of `pnpm bench:path` so far, in a file: rows can be measured in several runs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../systems/find.mjs'

export const resultsFile = join(repositoryRoot, '.cache/bench/path.json')

export function readResults() {
  return existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : []
}

/** Stores results beside those of other rows. */
export function keepResults(results) {
  const others = readResults().filter(({ row }) => results.every((result) => result.row !== row))
  mkdirSync(dirname(resultsFile), { recursive: true })
  writeFileSync(resultsFile, `${JSON.stringify([...others, ...results])}\n`)
}
