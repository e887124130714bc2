import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

// What a user of a package can name has a comment: classes, functions, types, and each member of an interface.

const site = fileURLToPath(new URL('../../apps/site', import.meta.url))

/** Packages that are not there yet, with the members that may still lack a comment. No package comes to this list. */
const incomplete: Readonly<Record<string, number>> = {
  '@ls/mux': 36,
  '@ls/socks5': 40,
  '@ls/transport': 43,
}

type Findings = Readonly<Record<string, { readonly members: number; readonly undocumented: readonly string[] }>>

let findings: Findings = {}

beforeAll(async () => {
  const program = ['scripts/api-reference.mjs']
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: site, maxBuffer: 16_777_216 })
  findings = JSON.parse(stdout) as Findings
}, 120_000)

test('every other package explains all that it exports', () => {
  const complete = Object.entries(findings).filter(([name]) => !(name in incomplete))
  expect(complete.flatMap(([, { undocumented }]) => undocumented)).toEqual([])
})

test.each(Object.entries(incomplete))('%s leaves at most %i members unexplained', (name, most) => {
  const { undocumented = [] } = findings[name] ?? {}
  expect(undocumented.slice(most)).toEqual([])
})

test('typedoc sees the members of every package', () => {
  expect(Object.entries(findings).filter(([, { members }]) => members === 0)).toEqual([])
})
