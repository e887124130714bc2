import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { repositoryRoot } from '../workspace.mjs'

const words = 'word '.repeat(25)
const sources = {
  'narrow-comment.js': `// ${words.slice(0, 117)}`,
  'wide-comment.js': `// ${words}.`,
  'wide-line-of-a-block.js': `/**\n * short\n * ${words}\n */`,
  'wide-code.js': `export const text = '${words}'`,
  'camel-case.js': 'const maxBytes = 1, T = 2, { A_B } = process.env',
  'upper-case.js': 'const MAX_BYTES = 1',
  'object-assertion.js': 'expect({ a, b }).toEqual({ a: 1, b: 2 })',
  'list-assertion.js': 'expect([...list]).toEqual([1])',
  'tuple-assertion.js': 'expect([a, b]).toEqual([1, 2])',
}
let folder
let faults

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'house-style-'))
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text)
  const config = {
    jsPlugins: [fileURLToPath(new URL('house-style.mjs', import.meta.url))],
    categories: { correctness: 'off' },
    rules: { 'house/comment-width': 'warn', 'house/camel-case-constants': 'warn', 'house/object-assertions': 'warn' },
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const oxlint = join(repositoryRoot, 'node_modules/oxlint/bin/oxlint')
  const output = execFileSync(process.execPath, [oxlint, '--config=config.json', '--format=json'], { cwd: folder })
  faults = JSON.parse(output)
    .diagnostics.map(({ filename, code }) => `${filename} ${code}`)
    .toSorted()
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('the rules of the house find what they name, and nothing else', () => {
  expect(faults).toEqual([
    'tuple-assertion.js house(object-assertions)',
    'upper-case.js house(camel-case-constants)',
    'wide-comment.js house(comment-width)',
    'wide-line-of-a-block.js house(comment-width)',
  ])
})
