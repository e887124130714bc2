import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

// Every name that a package exports needs a comment: classes, functions, types, and each member of an interface.

const site = fileURLToPath(new URL('../../apps/site', import.meta.url))

type Findings = Readonly<Record<string, { readonly members: number; readonly undocumented: readonly string[] }>>

let findings: Findings = {}

beforeAll(async () => {
  const program = ['scripts/api-reference.mjs']
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: site, maxBuffer: 16_777_216 })
  findings = JSON.parse(stdout) as Findings
}, 120_000)

test('every package explains all that it exports', () => {
  expect(Object.values(findings).flatMap(({ undocumented }) => undocumented)).toEqual([])
})

test('typedoc sees the members of every package', () => {
  expect(Object.entries(findings).filter(([, { members }]) => members === 0)).toEqual([])
})
