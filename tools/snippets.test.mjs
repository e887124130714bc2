import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { compileSnippets, readSnippets, runSnippet } from './snippets.mjs'

const folder = mkdtempSync(join(tmpdir(), 'snippets-'))

afterAll(() => rmSync(folder, { recursive: true }))

test('readSnippets gives ts and js blocks with their place', () => {
  const text = '# Title\n```ts\nlet a\n```\n```json\n1\n```\n```js\nlet b\n```\n'
  expect(readSnippets('docs/a.md', text)).toEqual([
    { name: 'docs/a.md:2', file: 'docs-a-md-2.ts', code: 'let a\n', compiles: true, runs: true },
    { name: 'docs/a.md:8', file: 'docs-a-md-8.js', code: 'let b\n', compiles: true, runs: true },
  ])
})

test.each([
  ['excerpt', { compiles: false, runs: false }],
  ['no-run', { compiles: true, runs: false }],
])('readSnippets knows the mark %s', (mark, expected) => {
  expect(readSnippets('a.md', `\`\`\`ts ${mark}\nlet a\n\`\`\`\n`)).toEqual([expect.objectContaining(expected)])
})

/** Time to compile and run a program on a busy machine, in milliseconds; an idle one takes 3 s. */
const timeout = 60_000

test('compileSnippets complains about a wrong type, with file and line', { timeout }, async () => {
  const complaints = await compileSnippets(folder, [snippet('export {}\nconst a: string = 1\n')])
  expect(complaints).toEqual([expect.stringMatching(/^snippet\.ts\(2,7\): error TS2322/)])
})

test('runSnippet runs what compiles', { timeout }, async () => {
  const program = snippet("import { equal } from 'node:assert/strict'\nequal(1 + 1, 2 as number)\n")
  await compileSnippets(folder, [program])
  await expect(runSnippet(folder, program)).resolves.toBeUndefined()
})

test('runSnippet says what a failing snippet printed', { timeout }, async () => {
  const program = snippet("console.error('no luck')\nprocess.exit(3)\n")
  await compileSnippets(folder, [program])
  await expect(runSnippet(folder, program)).rejects.toThrow('snippet exits with 3\nno luck')
})

function snippet(code) {
  return { name: 'snippet', file: 'snippet.ts', code, compiles: true, runs: true }
}
