import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import { headings } from './markdown.mjs'
import { readPackages, repositoryRoot } from './workspace.mjs'

// docs/errors.md explains every error code: it has one heading for each code of the packages' unions.

const unions = readPackages(repositoryRoot)
  .map(({ name, folder }) => ({ name, codes: errorCodes(`${folder}/src/errors.ts`) }))
  .filter(({ codes }) => codes.length > 0)
const declared = unions.flatMap(({ codes }) => codes)
const documented = headings(readIfThere('docs/errors.md'))
  .map(({ text }) => text.replaceAll('`', ''))
  .filter((text) => text.startsWith('ERR_'))

describe('docs/errors.md', () => {
  test('has a heading for every error code', () => {
    expect(declared.filter((code) => !documented.includes(code))).toEqual([])
  })

  test('has no heading for a code that no package has', () => {
    expect(documented.filter((code) => !declared.includes(code))).toEqual([])
  })

  test('has one heading per code', () => {
    expect(repeated(documented)).toEqual([])
  })
})

describe('error codes', () => {
  test('are declared in one package each', () => {
    expect(repeated(declared)).toEqual([])
  })

  test.each(unions)('of $name share one prefix', ({ codes }) => {
    expect(new Set(codes.map((code) => /^ERR_[A-Z0-9]+_/.exec(code)?.[0])).size).toBe(1)
  })
})

/** Returns the codes that a file contains as string literals, in a union or in a list from which the union is made. */
function errorCodes(path) {
  const codes = new Set()
  const { program } = parseSync(path, readIfThere(path))
  new Visitor({
    Literal({ value }) {
      if (/^ERR_[A-Z0-9_]+$/.test(value)) codes.add(value)
    },
  }).visit(program)
  return [...codes]
}

function readIfThere(path) {
  const file = join(repositoryRoot, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function repeated(list) {
  return list.filter((each, index) => list.indexOf(each) !== index)
}
