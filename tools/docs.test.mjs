import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { parseSync } from 'oxc-parser'
import { beforeAll, describe, expect, test } from 'vitest'
import { fencedBlocks, headings, localLinks } from './markdown.mjs'
import { compileSnippets, readSnippets, runSnippet, snippetTimeoutMs } from './snippets.mjs'
import { listFiles, repositoryRoot } from './workspace.mjs'

// The contents of pages must work: links lead to existing places, commands are valid, and programs run with the built
// packages.
const pages = listFiles(repositoryRoot, '.', ['.md'])
  .filter((page) => !page.endsWith('CHANGELOG.md'))
  .map((page) => ({ page, text: readFileSync(join(repositoryRoot, page), 'utf8') }))
const blocks = pages.flatMap(({ page, text }) =>
  fencedBlocks(text).map((block) => ({ ...block, name: `${page}:${block.line}` })),
)
const snippets = pages.flatMap(({ page, text }) => readSnippets(page, text))
const programs = snippets.filter(({ compiles }) => compiles)

/** Below examples/, where every package of the workspace can be imported. */
const folder = join(repositoryRoot, 'examples/.cache/snippets')

test.each(pages)('links of $page lead to a file and a heading', ({ page, text }) => {
  expect(localLinks(text).filter((link) => !leadsSomewhere(page, link))).toEqual([])
})

test.each(blocks.filter(({ language }) => ['sh', 'bash', 'shell'].includes(language)))('$name is shell', ({ code }) => {
  expect(() => execFileSync('bash', ['-n'], { input: code, stdio: 'pipe' })).not.toThrow()
})

test.each(blocks.filter(({ language }) => language === 'json'))('$name is JSON', ({ code }) => {
  expect(() => JSON.parse(code)).not.toThrow()
})

test.each(snippets)('$name is TypeScript', ({ file, code }) => {
  expect(parseSync(file, code).errors).toEqual([])
})

test('docs/README.md leads to every page of docs', () => {
  const index = pages.find(({ page }) => page === 'docs/README.md')
  const targets = new Set([index.page, ...localLinks(index.text).map(({ path }) => posix.join('docs', path))])
  const listed = ({ page }) => targets.has(page) || targets.has(`${dirname(page)}/`)
  expect(pages.filter((each) => each.page.startsWith('docs/') && !listed(each)).map(({ page }) => page)).toEqual([])
})

/** Time to compile all programs on a busy machine, in milliseconds; an idle one takes 5 s. */
const compileMs = 120_000

describe.runIf(programs.length > 0)('programs', () => {
  let complaints = []

  beforeAll(async () => {
    complaints = await compileSnippets(folder, programs)
  }, compileMs)

  test.for(programs)('$name compiles', ({ file }) => {
    expect(complaints.filter((line) => line.startsWith(file))).toEqual([])
  })

  const running = programs.filter(({ runs }) => runs)
  test.concurrent.for(running)('$name runs', { timeout: snippetTimeoutMs + 5_000 }, async (program) => {
    await expect(runSnippet(folder, program)).resolves.toBeUndefined()
  })

  test('compile without a complaint about anything else', () => {
    expect(complaints.filter((line) => !programs.some(({ file }) => line.startsWith(file)))).toEqual([])
  })
})

function leadsSomewhere(page, { path, anchor }) {
  const target = path === '' ? page : posix.join(dirname(page), path)
  if (!existsSync(join(repositoryRoot, target))) return false
  if (anchor === '' || !target.endsWith('.md')) return true
  return headings(readFileSync(join(repositoryRoot, target), 'utf8')).some((heading) => heading.anchor === anchor)
}
